"""Counters in memory for the limits library, which takes them for one of its own storages."""

import threading
import time

from limits.storage import Storage

SWEEP_AT = 10_000


class ExactMemoryStorage(Storage):
    """
    Counters of one process, each hit under one lock.

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

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count a hit; the first one opens the window."""
        with self._lock:
            count, ends = self._live(key, time.time())
            if amount > 0 or count > 0:
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

    def _live(self, key: str, now: float) -> tuple[int, float]:
        if len(self._counters) > SWEEP_AT:
            self._counters = {name: counter for name, counter in self._counters.items() if counter[1] > now}
        count, ends = self._counters.get(key, (0, 0.0))
        return (count, ends) if ends > now else (0, 0.0)
