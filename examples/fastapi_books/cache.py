"""The service's own cache: nothing kept before a write is found after it."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, Header, Query, Request

from .conditions import CONDITIONAL
from .guards import Anyone, ThisOperation

T = TypeVar("T")
MOST_ANSWERS = 2000
Key = tuple[str, tuple[tuple[str, str], ...]]


class Cache:
    """The answers of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._generation = 0
        self._answers: dict[Key, tuple[float, Any]] = {}

    def clear(self) -> None:
        """Forget everything, and what is being made at this moment as well."""
        with self._lock:
            self._generation += 1
            self._answers.clear()

    def get_or_make(self, key: Key, seconds: int, make: Callable[[], T]) -> tuple[T, bool]:
        """Return an answer, and whether it was there already."""
        with self._lock:
            generation = self._generation
            ends, kept = self._answers.get(key, (0.0, None))
        if ends > time.time():
            return kept, True
        made = make()
        with self._lock:
            # What was read before a write may be older than the write.
            if generation == self._generation:
                if len(self._answers) >= MOST_ANSWERS:
                    self._answers.clear()
                self._answers[key] = (time.time() + seconds, made)
        return made, False


class CachedAnswer:
    """Makes the answer of this operation, or finds it: `cached(lambda: ...)`."""

    def __init__(
        self,
        request: Request,
        operation: ThisOperation,
        caller: Anyone,
        _: Annotated[None, CONDITIONAL],
        nocache: Annotated[Literal["true", "false"], Query()] = "false",
        cache_control: Annotated[str, Header()] = "",
    ) -> None:
        self._cache: Cache = request.app.state.cache
        self._headers: dict[str, str] = request.state.headers
        self._seconds = operation.seconds_in_cache
        query = (pair for pair in request.query_params.items() if pair[0] != "nocache")
        self._key = (request.scope["path"], tuple(query))
        self._is_bypassed = bool(caller) and (nocache == "true" or "no-cache" in cache_control.lower())

    def __call__(self, make: Callable[[], T]) -> T:
        """Return the answer, and tell in Cache-Status where it came from (RFC 9211)."""
        if self._is_bypassed:
            answer, source = make(), "fwd=request"
        else:
            answer, is_hit = self._cache.get_or_make(self._key, self._seconds, make)
            source = "hit" if is_hit else "fwd=uri-miss"
        self._headers["Cache-Status"] = f"bookplate; {source}"
        return answer


Cached = Annotated[CachedAnswer, Depends()]
