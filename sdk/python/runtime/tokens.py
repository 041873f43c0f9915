"""Tokens: what a session is kept in between two calls."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .pointer import look_up


@dataclass(frozen=True)
class TokenPair:
    """An access token, what renews it, and when it expires, in seconds since 1970; None where that is not known."""

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_at: float | None = None


class TokenStore(Protocol):
    """
    Where a client keeps its tokens: a file, a keyring, a database.

    Both are called from the thread of a call, and one call at a time renews them. `load` is asked before each request, so
    that another process may have written them.
    """

    def load(self) -> TokenPair | None:
        """Return the tokens; None where nobody is signed in."""

    def save(self, tokens: TokenPair | None) -> None:
        """Keep the tokens; None ends the session."""


class MemoryTokens:
    """Keeps tokens as long as the process lives."""

    def __init__(self, tokens: TokenPair | None = None) -> None:
        self._tokens = tokens

    def load(self) -> TokenPair | None:
        """Return the tokens."""
        return self._tokens

    def save(self, tokens: TokenPair | None) -> None:
        """Keep the tokens."""
        self._tokens = tokens


@dataclass(frozen=True)
class TokenPlaces:
    """JSON pointers into an answer with tokens; empty where it has no such member."""

    access: str
    refresh: str = ""
    expires_in: str = ""

    def read(self, content: Any, before: TokenPair | None = None) -> TokenPair:
        """Return the tokens of an answer; one without a refresh token leaves that of before as it is."""
        lasts = look_up(content, self.expires_in) if self.expires_in else None
        refresh = look_up(content, self.refresh) if self.refresh else None
        kept = before.refresh if before else None
        return TokenPair(
            access=str(look_up(content, self.access)),
            refresh=kept if refresh is None else str(refresh),
            expires_at=time.time() + lasts if isinstance(lasts, int | float) else None,
        )


def content_with(pointer: str, value: str) -> Mapping[str, Any]:
    """Return the object that has a value at a pointer and nothing else."""
    content: Any = value
    for name in reversed(pointer.split("/")[1:]):
        content = {name.replace("~1", "/").replace("~0", "~"): content}
    found: Mapping[str, Any] = content
    return found
