"""A cache in memory that forgets what nobody has asked for: Flask-Caching's simple one with another order."""

from collections import OrderedDict
from typing import Any

from flask_caching.backends.simplecache import SimpleCache


class RecentlyUsedCache(SimpleCache):
    """
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
            value = super().get(key)
            if value is not None:
                self._cache.move_to_end(key)
            return value

    def set(self, key: str, value: Any, timeout: Any = None) -> bool | None:
        """Keep a value for some seconds."""
        with self._lock:
            self._cache.pop(key, None)
            return super().set(key, value, timeout)

    def _prune(self) -> None:
        while len(self._cache) >= self._threshold:
            self._cache.popitem(last=False)
