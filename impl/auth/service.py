"""Logging in and renewing tokens."""

from typing import Any

from sqlalchemy import select

from ..backends.limiter import Attempts
from ..backends.store import db
from ..problems import InvalidCredentials
from ..services import Services
from ..users.models import User
from ..users.schemas import canonical
from .passwords import NOBODY, is_password
from .sessions import begin_session, rotate


def log_in(email: str, password: str, attempts: Attempts, services: Services) -> dict[str, Any]:
    """
    Open a session.

    Raises InvalidCredentials, the same and as slowly for unknown accounts, or RateLimited.
    """
    account = canonical(email)
    attempts.check(account)
    try:
        user_id, session_id, refresh_token = _open_session(account, password, attempts, refresh_lifetime(services))
    except InvalidCredentials:
        # What fails for any other reason, such as a database that is away, is no failure of the caller.
        attempts.count_failure(account)
        raise
    return _tokens(services, user_id, session_id, refresh_token)


def renew(refresh_token: str, services: Services) -> dict[str, Any]:
    """
    Rotate a refresh token.

    Raises InvalidRefreshToken.
    """
    user_id, session_id, following = rotate(refresh_token, refresh_lifetime(services), reuse_grace(services))
    return _tokens(services, user_id, session_id, following)


def refresh_lifetime(services: Services) -> int:
    """Return the lifetime of a refresh token, in seconds, as the document states it."""
    return services.contract.lifetime("refresh_expires_in")


def reuse_grace(services: Services) -> int:
    """Return for how many seconds the previous refresh token may come again, as the document states it."""
    return int(services.contract.in_role("refresh").raw["x-auth-role"].get("reuse-grace", 0))


def _open_session(account: str, password: str, attempts: Attempts, lifetime: int) -> tuple[int, int, str]:
    user = db.session.execute(select(User.id, User.password_hash, User.active).where(User.email_key == account)).first()
    is_right = is_password(user.password_hash if user else NOBODY, password)
    if not user or not is_right or not user.active:
        raise InvalidCredentials()
    # Others may have failed meanwhile: a right password is then refused as a wrong one is, so that guesses that are sent
    # all at once tell no more than five.
    attempts.check(account)
    return (user.id, *begin_session(user.id, user.password_hash, lifetime))


def _tokens(services: Services, user_id: int, session_id: int, refresh_token: str) -> dict[str, Any]:
    return {
        "access_token": services.tokens.mint(user_id, session_id),
        "token_type": "Bearer",
        "expires_in": services.tokens.lifetime,
        "refresh_token": refresh_token,
        "refresh_expires_in": refresh_lifetime(services),
    }
