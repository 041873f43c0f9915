"""Accounts, tokens and sessions."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import delete, select

from .. import tokens
from ..accounts import NOBODY, canonical, is_password, open_account
from ..contract import contract
from ..guards import GUARDS, SignedIn, ThisOperation
from ..limits import buckets_of_value
from ..problems import Problem
from ..route import ContractRoute
from ..shapes import Credentials, RefreshInput, Tokens, User, UserInput
from ..store import LogInRow, Storage, UserRow

router = APIRouter(prefix="/auth", tags=["auth"], route_class=ContractRoute, dependencies=GUARDS)


@router.post("/register", status_code=201)
def register_user(content: UserInput, store: Storage, response: Response) -> User:
    """Open an account."""
    user = open_account(store, content)
    response.headers["Location"] = f"{contract.base_path}/users/{user.id}"
    return user


@router.post("/login")
def log_in(content: Credentials, operation: ThisOperation, store: Storage, request: Request) -> Tokens:
    """Open a session; an unknown account and a wrong password are one answer, and take the same time."""
    account = canonical(content.email)
    limits, failures = request.app.state.limits, buckets_of_value(operation.policies, account)
    # Counted as a failure until it is known to be none: many at once must not all slip through.
    limits.spend(failures, request.state.headers)
    with store.reading() as database:
        user = database.scalar(select(UserRow).where(UserRow.email_key == account))
    is_right = is_password(user.password_hash if user else NOBODY, content.password)
    if user is None or not is_right or not user.active:
        raise Problem("invalid_credentials")
    limits.give_back(failures, request.state.headers)
    with store.writing_quietly() as database:
        session_id, refresh_token = tokens.begin(database, user.id)
    return pair(request, user.id, session_id, refresh_token)


@router.post("/refresh")
def refresh_tokens(content: RefreshInput, store: Storage, request: Request) -> Tokens:
    """Rotate a refresh token."""
    with store.writing_quietly() as database:
        rotated = tokens.rotate(database, content.refresh_token)
    if rotated is None:
        raise Problem("invalid_refresh_token")
    return pair(request, *rotated)


@router.post("/logout", status_code=204)
def log_out(caller: SignedIn, store: Storage) -> None:
    """End this session."""
    with store.writing_quietly() as database:
        database.execute(delete(LogInRow).where(LogInRow.id == caller.session_id))


def pair(request: Request, user_id: int, session_id: int, refresh_token: str) -> dict[str, Any]:
    """Hand out an access token with a refresh token."""
    access = {"access_token": request.app.state.tokens.mint(user_id, session_id), "expires_in": tokens.LIFETIME}
    refresh = {"refresh_token": refresh_token, "refresh_expires_in": tokens.REFRESH_LIFETIME}
    return {"token_type": "Bearer"} | access | refresh
