"""Opening accounts, for the router and for the command line, and what guards them: argon2id as OWASP sizes it."""

from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from .shapes import User, UserInput
from .store import Store, UserRow, now

KEYS = {"email": "email_key", "username": "username_key"}
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Compared with where there is no account: both answers then take the same time.
NOBODY = _hasher.hash("nobody has this password")


def open_account(store: Store, content: UserInput, role: str = "user") -> Any:
    """Open an account; who comes too late for a unique value gets a conflict."""
    values = with_keys(content.model_dump(exclude={"password"})) | {"password_hash": hash_password(content.password)}
    moment = now()
    with store.writing() as database:
        row = UserRow(**values, role=role, created_at=moment, updated_at=moment)
        database.add(row)
        database.flush()
        return User.model_validate(row)


def canonical(identifier: str) -> str:
    """Return the form in which emails and usernames are compared."""
    return identifier.casefold()


def with_keys(values: dict[str, Any]) -> dict[str, Any]:
    """Add the canonical forms of what must be unique."""
    return values | {key: canonical(values[name]) for name, key in KEYS.items() if name in values}


def hash_password(password: str) -> str:
    """Hash a password for keeping."""
    return _hasher.hash(password)


def is_password(password_hash: str, password: str) -> bool:
    """Tell whether a password is the hashed one."""
    try:
        return _hasher.verify(password_hash, password)
    except (Argon2Error, InvalidHashError):
        return False
