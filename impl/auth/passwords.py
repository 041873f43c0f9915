"""Passwords: argon2id as OWASP sizes it; the pool that hashes has two threads, so that log-ins cannot take all memory."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from ..backends import deadline

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Compared with when there is no such user, so that both answers take the same time.
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$Ym9va3BsYXRlLW5vYm9keQ$KOoC2o0dX9Q9WyeG3DdoMYiHzDh5yqcRyBo/cB6kZ0k"


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
