"""A cache in memory that forgets what nobody has asked for: Flask-Caching's simple one with another order."""

from collections import OrderedDict
from time import time
from typing import Any

from flask_caching.backends.simplecache import SimpleCache

# The moment at which something ends that is not there; 0 is never.
EXPIRED = 1


class RecentlyUsedCache(SimpleCache):
    """
    Keeps values as they are, which nobody may change: the library's own writes each one out and reads it back.

    Where it is full, what was asked for least recently goes, in one step.

    The library's own sorts everything with each entry too many, and drops what expires first: that is what is kept for a
    short time only, however often it is asked for.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._cache: OrderedDict[str, Any] = OrderedDict()

    def get(self, key: str) -> Any:
        """Return what is kept under a key, or None."""
        with self._lock:
            ends, value = self._cache.get(key, (EXPIRED, None))
            if 0 < ends <= time():
                return None
            if value is not None:
                self._cache.move_to_end(key)
            return value

    def set(self, key: str, value: Any, timeout: Any = None) -> bool | None:
        """Keep a value for some seconds."""
        with self._lock:
            self._cache.pop(key, None)
            self._prune()
            self._cache[key] = (self._normalize_timeout(timeout), value)
            return True

    def _prune(self) -> None:
        while len(self._cache) >= self._threshold:
            self._cache.popitem(last=False)
