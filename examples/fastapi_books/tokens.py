"""Access tokens (RFC 9068), read with the suspicion of RFC 8725, and the refresh tokens of a session."""

import hashlib
import hmac
import re
import secrets
import time
from typing import Any, NamedTuple

import jwt
from jwt.types import Options
from sqlalchemy import delete
from sqlalchemy.orm import Session

from .contract import contract
from .problems import Problem
from .store import LogInRow, RefreshRow, UserRow

US = "bookplate"
HEADER = {"alg": "HS256", "typ": "at+jwt"}
CLAIMS = ["iss", "aud", "client_id", "sub", "sid", "jti", "iat", "nbf", "exp"]
LONGEST = 2048
SHAPE = re.compile(r"(?:[A-Za-z0-9_-]+\.){2}[A-Za-z0-9_-]{43}")
LIFETIME: int = contract.schema("Tokens", "expires_in")["maximum"]
REFRESH_LIFETIME: int = contract.schema("Tokens", "refresh_expires_in")["maximum"]
REUSE_GRACE: int = contract.operations["refresh_tokens"].auth_role["reuse-grace"]


class Claims(NamedTuple):
    """What a good token says."""

    user_id: int
    session_id: int


class AccessTokens:
    """The mint of one service."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"access tokens", hashlib.sha256)

    def mint(self, user_id: int, session_id: int) -> str:
        """Sign a token for a session."""
        now = int(time.time())
        claims = {"iss": US, "aud": US, "client_id": US, "sub": str(user_id), "sid": session_id}
        times = {"jti": secrets.token_urlsafe(12), "iat": now, "nbf": now, "exp": now + LIFETIME}
        return jwt.encode(claims | times, self._key, headers=HEADER)

    def verify(self, token: str) -> Claims:
        """Return what a token says; whatever is wrong with it is the same problem."""
        try:
            return self._verify(token)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise Problem("invalid_token") from None

    def _verify(self, token: str) -> Claims:
        if len(token) > LONGEST or not SHAPE.fullmatch(token) or jwt.get_unverified_header(token) != HEADER:
            raise Problem("invalid_token")
        signature = token.rpartition(".")[2]
        # Of the spellings of one signature in base64url only the canonical one is good.
        if jwt.utils.base64url_encode(jwt.utils.base64url_decode(signature)).decode() != signature:
            raise Problem("invalid_token")
        required: Options = {"require": CLAIMS}
        claims = jwt.decode(token, self._key, algorithms=["HS256"], audience=US, issuer=US, options=required)
        return _read(claims)


def _read(claims: dict[str, Any]) -> Claims:
    whole = all(type(claims[name]) is int for name in ("iat", "nbf", "exp", "sid"))
    if not whole or claims["exp"] - claims["iat"] > LIFETIME or not re.fullmatch("[1-9][0-9]{0,15}", claims["sub"]):
        raise Problem("invalid_token")
    return Claims(int(claims["sub"]), claims["sid"])


def bearer_token(fields: list[str]) -> str | None:
    """Take the token from the Authorization fields (RFC 6750, section 2.1); None, if there are none."""
    if not fields:
        return None
    scheme, _, token = fields[0].partition(" ")
    if scheme.lower() != "bearer":
        raise Problem("missing_token")
    if len(fields) > 1:
        raise Problem("invalid_token")
    return token


def begin(database: Session, user_id: int) -> tuple[int, str]:
    """Begin a session; return its id and its first refresh token."""
    log_in = LogInRow(user_id=user_id)
    database.add(log_in)
    database.flush()
    return log_in.id, issue(database, log_in.id)


def issue(database: Session, session_id: int) -> str:
    """Return a new refresh token of a session; only its hash is kept."""
    token, ends = secrets.token_urlsafe(32), time.time() + REFRESH_LIFETIME
    database.add(RefreshRow(token_hash=_hash(token), session_id=session_id, expires_at=ends))
    return token


def rotate(database: Session, token: str) -> tuple[int, int, str] | None:
    """Return user, session and next token; None for a bad one, and a spent one ends its session (RFC 9700, 4.14)."""
    found = database.get(RefreshRow, _hash(token))
    if found is None:
        return None
    if found.spent_at is not None:
        if not is_forgiven(database, found, found.spent_at):
            database.execute(delete(LogInRow).where(LogInRow.id == found.session_id))
        return None
    user = database.get_one(UserRow, database.get_one(LogInRow, found.session_id).user_id)
    if found.expires_at <= time.time() or not user.active:
        return None
    following = issue(database, found.session_id)
    found.spent_at, found.next_hash = time.time(), _hash(following)
    return user.id, found.session_id, following


def is_forgiven(database: Session, spent: RefreshRow, spent_at: float) -> bool:
    """Tell whether a spent token was rotated away just now, and what took its place is still the present one."""
    following = database.get(RefreshRow, spent.next_hash)
    is_recent = abs(time.time() - spent_at) < REUSE_GRACE
    return is_recent and following is not None and following.spent_at is None


def end_all(database: Session, user_id: int, but: int = 0) -> None:
    """End the sessions of a user, all but one if need be."""
    database.execute(delete(LogInRow).where(LogInRow.user_id == user_id, LogInRow.id != but))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
