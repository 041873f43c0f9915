"""Accounts, and the sessions that they have open."""

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any

GRACE = 5
REFRESH_LIFETIME = 1209600


@dataclass
class Account:
    id: int
    email: str
    username: str
    display_name: str | None
    salt: bytes
    secret: bytes
    created_at: str
    updated_at: str
    role: str = "user"
    tier: str = "free"
    active: bool = True
    version: int = 1

    def shown(self) -> dict[str, Any]:
        names = ("id", "email", "username", "display_name", "role", "tier", "active", "created_at", "updated_at")
        return {name: getattr(self, name) for name in names}

    @property
    def tag(self) -> str:
        return f'"account-{self.id}-{self.version}"'

    def has_password(self, password: str) -> bool:
        return secrets.compare_digest(hashed(password, self.salt), self.secret)

    def set_password(self, password: str) -> None:
        self.salt = secrets.token_bytes(16)
        self.secret = hashed(password, self.salt)


@dataclass
class Session:
    """A session: the refresh token that is good, and those that were exchanged, each with the time."""

    id: str
    account: int
    refresh: str
    ends: float
    spent: dict[str, float] = field(default_factory=dict)


@dataclass
class Accounts:
    """All accounts and sessions. The caller holds the lock of the service."""

    last_id: int = 0
    by_id: dict[int, Account] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    by_refresh: dict[str, str] = field(default_factory=dict)

    def add(self, told: dict[str, Any], now: str) -> Account:
        """Open an account with an email, a username, a password and perhaps a name to show."""
        self.last_id += 1
        account = Account(
            self.last_id,
            told["email"],
            told["username"],
            told.get("display_name"),
            b"",
            b"",
            created_at=now,
            updated_at=now,
        )
        account.set_password(told["password"])
        self.by_id[account.id] = account
        return account

    def of_email(self, email: str) -> Account | None:
        return next((each for each in self.by_id.values() if each.email.lower() == email.lower()), None)

    def taken(self, told: dict[str, Any], but: int = 0) -> list[str]:
        """Return which of email and username another account has, in whatever case."""
        others = [each for each in self.by_id.values() if each.id != but]
        return [
            name
            for name in ("email", "username")
            if name in told and any(getattr(each, name).lower() == told[name].lower() for each in others)
        ]

    def remove(self, account: int) -> None:
        del self.by_id[account]
        self.end_sessions(account)

    def open_session(self, account: int, now: float) -> Session:
        session = Session(secrets.token_hex(8), account, new_refresh(), now + REFRESH_LIFETIME)
        self.sessions[session.id] = session
        self.by_refresh[session.refresh] = session.id
        return session

    def end_sessions(self, account: int, but: str = "") -> None:
        for session in [each for each in self.sessions.values() if each.account == account and each.id != but]:
            del self.sessions[session.id]

    def rotated(self, refresh: str, now: float) -> Session | None:
        """Exchange a refresh token; None where it is not good. One that was spent earlier ends its session."""
        session = self.sessions.get(self.by_refresh.get(refresh, ""))
        if session is None or session.ends <= now:
            return None
        if refresh != session.refresh:
            latest = list(session.spent)[-1]
            if refresh != latest or now > session.spent[latest] + GRACE:
                del self.sessions[session.id]
            return None
        session.spent[refresh] = now
        session.refresh = new_refresh()
        self.by_refresh[session.refresh] = session.id
        return session


def new_refresh() -> str:
    return secrets.token_urlsafe(32)


def hashed(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=1 << 10, r=8, p=1)
