"""Exact counters for the limits library: what every storage of ours can do, and the one in memory."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from limits.storage import Storage

SWEEP_AT = 10_000


@dataclass(frozen=True, slots=True)
class Hit:
    """One request that a counter shall count, if fewer than `quota` are counted in its window of `window` seconds."""

    key: str
    quota: int
    window: int


@dataclass(frozen=True, slots=True)
class Count:
    """A counter after a hit or a look: whether there was room, how much is counted, and the seconds until that ends."""

    admitted: bool
    spent: int
    left: float


class ExactStorage(Protocol):
    """What the limits need of a storage: to count, and to look without counting."""

    def hit(self, hits: Sequence[Hit]) -> list[Count]:
        """Count each hit that its quota admits, all in one step that nothing comes between."""
        ...

    def look(self, hits: Sequence[Hit]) -> list[Count]:
        """Tell of each hit what would come of it, and count none."""
        ...

    def check(self) -> bool:
        """Tell whether the storage counts."""
        ...


class ExactMemoryStorage(Storage):
    """
    Counters of one process, under one lock.

    The library's own memory storage reads outside its locks and expires from a timer thread, so that a limit of 100 now
    and then admits 101, and a thread starts with nearly every hit.
    """

    STORAGE_SCHEME = ["exact-memory"]  # noqa: RUF012  declared as an instance variable by the library

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: str) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._lock = threading.Lock()
        self._counters: dict[str, tuple[int, float]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing here can fail."""
        return ValueError

    def hit(self, hits: Sequence[Hit]) -> list[Count]:
        """Count each hit that its quota admits; the first one opens the window."""
        with self._lock:
            now = time.time()
            return [self._hit(each, now) for each in hits]

    def look(self, hits: Sequence[Hit]) -> list[Count]:
        """Tell of each hit what would come of it; a window that is not open yet is as long as it would be."""
        with self._lock:
            now = time.time()
            return [self._look(each, now) for each in hits]

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count as the library's strategies do: a hit too many is counted as well."""
        with self._lock:
            count, ends = self._live(key, time.time())
            self._counters[key] = (count + amount, ends or time.time() + expiry)
            return count + amount

    def get(self, key: str) -> int:
        """Return the hits of the present window."""
        with self._lock:
            return self._live(key, time.time())[0]

    def get_expiry(self, key: str) -> float:
        """Return when the present window ends, in seconds since the epoch; now, if there is none."""
        with self._lock:
            return self._live(key, time.time())[1] or time.time()

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> int | None:
        """Forget everything; return how much that was."""
        with self._lock:
            size = len(self._counters)
            self._counters.clear()
            return size

    def clear(self, key: str) -> None:
        """Forget one counter."""
        with self._lock:
            self._counters.pop(key, None)

    def _hit(self, hit: Hit, now: float) -> Count:
        spent, ends = self._live(hit.key, now)
        is_admitted = spent < hit.quota
        if is_admitted:
            spent, ends = spent + 1, ends or now + hit.window
            self._counters[hit.key] = (spent, ends)
        return Count(is_admitted, spent, ends - now)

    def _look(self, hit: Hit, now: float) -> Count:
        spent, ends = self._live(hit.key, now)
        return Count(spent < hit.quota, spent, ends - now if ends else hit.window)

    def _live(self, key: str, now: float) -> tuple[int, float]:
        if len(self._counters) > SWEEP_AT:
            self._counters = {name: counter for name, counter in self._counters.items() if counter[1] > now}
        count, ends = self._counters.get(key, (0, 0.0))
        return (count, ends) if ends > now else (0, 0.0)
