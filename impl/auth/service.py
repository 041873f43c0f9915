"""Logging in and renewing tokens."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from ..backends.limiter import Attempts
from ..backends.store import db
from ..backends.transactions import Store
from ..contract.contract import Contract
from ..problems import InvalidCredentials
from ..users.models import User
from ..users.schemas import canonical
from .passwords import hash_of_nobody, is_password
from .sessions import begin_session, rotate
from .tokens import AccessTokens


@dataclass(frozen=True)
class SignIn:
    """Opens and renews sessions, with the lifetimes that the document states."""

    store: Store
    access_tokens: AccessTokens
    contract: Contract

    def log_in(self, email: str, password: str, attempts: Attempts) -> dict[str, Any]:
        """
        Open a session.

        Raises InvalidCredentials, the same and as slowly for an unknown email, or RateLimited.
        """
        email_key = canonical(email)
        attempts.check(email_key)
        try:
            user_id, session_id, refresh_token = self._open_session(email_key, password, attempts)
        except InvalidCredentials:
            # What fails for any other reason, such as a database that is away, is no failure of the caller.
            attempts.count_failure(email_key)
            raise
        return self._tokens(user_id, session_id, refresh_token)

    def renew(self, refresh_token: str) -> dict[str, Any]:
        """
        Rotate a refresh token.

        Raises InvalidRefreshToken.
        """
        user_id, session_id, following = rotate(self.store, refresh_token, self.refresh_lifetime, self.reuse_grace)
        return self._tokens(user_id, session_id, following)

    @property
    def refresh_lifetime(self) -> int:
        """The lifetime of a refresh token, in seconds."""
        return self.contract.lifetime("refresh_expires_in")

    @property
    def reuse_grace(self) -> int:
        """For how many seconds the previous refresh token may come again."""
        return int(self.contract.in_role("refresh").raw["x-auth-role"].get("reuse-grace", 0))

    def _open_session(self, email_key: str, password: str, attempts: Attempts) -> tuple[int, int, str]:
        query = select(User.id, User.password_hash, User.active).where(User.email_key == email_key)
        user = db.session.execute(query).first()
        is_right = is_password(user.password_hash if user else hash_of_nobody(), password)
        if not user or not is_right or not user.active:
            raise InvalidCredentials()
        # Others may have failed meanwhile: a right password is then refused as a wrong one is, so that guesses that are
        # sent all at once tell no more than five.
        attempts.check(email_key)
        return (user.id, *begin_session(self.store, user.id, user.password_hash, self.refresh_lifetime))

    def _tokens(self, user_id: int, session_id: int, refresh_token: str) -> dict[str, Any]:
        return {
            "access_token": self.access_tokens.mint(user_id, session_id),
            "token_type": "Bearer",
            "expires_in": self.access_tokens.lifetime,
            "refresh_token": refresh_token,
            "refresh_expires_in": self.refresh_lifetime,
        }
