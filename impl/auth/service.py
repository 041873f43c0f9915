"""Logging in and renewing tokens."""

from typing import Any

from sqlalchemy import select

from ..limits import Attempts
from ..parts import Parts
from ..problems import InvalidCredentials
from ..store import db
from ..users.models import User
from ..users.schemas import canonical
from .passwords import NOBODY, is_password
from .sessions import begin_session, rotate


def log_in(email: str, password: str, attempts: Attempts, parts: Parts) -> dict[str, Any]:
    """
    Open a session.

    Raises InvalidCredentials, the same and as slowly for unknown accounts, or RateLimited.
    """
    account = canonical(email)
    attempts.check(account)
    try:
        user_id, session_id, refresh_token = _open_session(account, password, attempts, refresh_lifetime(parts))
    except InvalidCredentials:
        # What fails for any other reason, such as a database that is away, is no failure of the caller.
        attempts.count_failure(account)
        raise
    return _tokens(parts, user_id, session_id, refresh_token)


def renew(refresh_token: str, parts: Parts) -> dict[str, Any]:
    """
    Rotate a refresh token.

    Raises InvalidRefreshToken.
    """
    user_id, session_id, following = rotate(refresh_token, refresh_lifetime(parts), reuse_grace(parts))
    return _tokens(parts, user_id, session_id, following)


def refresh_lifetime(parts: Parts) -> int:
    """Return the lifetime of a refresh token, in seconds, as the document states it."""
    return parts.contract.lifetime("refresh_expires_in")


def reuse_grace(parts: Parts) -> int:
    """Return for how many seconds the previous refresh token may come again, as the document states it."""
    return int(parts.contract.in_role("refresh").raw["x-auth-role"].get("reuse-grace", 0))


def _open_session(account: str, password: str, attempts: Attempts, lifetime: int) -> tuple[int, int, str]:
    user = db.session.execute(select(User.id, User.password_hash, User.active).where(User.email_key == account)).first()
    is_right = is_password(user.password_hash if user else NOBODY, password)
    if not user or not is_right or not user.active:
        raise InvalidCredentials()
    # Others may have failed meanwhile: a right password is then refused as a wrong one is, so that guesses that are sent
    # all at once tell no more than five.
    attempts.check(account)
    return (user.id, *begin_session(user.id, user.password_hash, lifetime))


def _tokens(parts: Parts, user_id: int, session_id: int, refresh_token: str) -> dict[str, Any]:
    return {
        "access_token": parts.tokens.mint(user_id, session_id),
        "token_type": "Bearer",
        "expires_in": parts.tokens.lifetime,
        "refresh_token": refresh_token,
        "refresh_expires_in": refresh_lifetime(parts),
    }
