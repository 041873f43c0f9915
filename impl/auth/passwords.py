"""Passwords: argon2id as OWASP sizes it; the pool that hashes has two threads, so that log-ins cannot take all memory."""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from ..backends import deadline

SAFE = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# As little work as argon2 allows: for tests, which sign in hundreds of users that are nobody.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_hasher = SAFE


def use(hasher: PasswordHasher) -> None:
    """Hash by SAFE or CHEAP from now on, in this process; what was hashed before can be compared all the same."""
    global _hasher
    _hasher = hasher
    hash_of_nobody()


@cache
def _hash_of_nobody(hasher: PasswordHasher) -> str:
    return hasher.hash("nobody has this password")


def hash_of_nobody() -> str:
    """Return what a password is compared with where there is no such user, so that both answers take the same time."""
    return _hash_of_nobody(_hasher)


def hash_password(password: str) -> str:
    """Hash a password for keeping."""
    with deadline.paused():
        return _hasher.hash(_normal(password))


def is_password(password_hash: str, password: str) -> bool:
    """Tell whether a password is the hashed one."""
    with deadline.paused():
        try:
            return _hasher.verify(password_hash, _normal(password))
        except (Argon2Error, InvalidHashError):
            return False


def _normal(password: str) -> str:
    # One password has one spelling, whichever keyboard composed it (NIST SP 800-63B-4, section 3.1.1.2).
    return unicodedata.normalize("NFC", password)
