"""The server's own cache: Flask-Caching's back ends, under keys that no write outlives."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import orjson
from cachelib.serializers import BaseSerializer
from flask import Flask
from flask_caching import Cache

from .generations import ANYTHING, EVERYTHING, OwnGenerations, new_name, slots_to_read, stamp
from .outage import Outage
from .settings import Settings
from .workers import P, R


class AnswerCache:
    """The cache of one application; values are plain data, never pickles of code."""

    def __init__(
        self,
        app: Flask,
        settings: Settings,
        shared_generations: Callable[[Sequence[int]], list[str]],
        outage: Outage | None = None,
    ) -> None:
        cache = Cache(app, config=_back_end(settings))
        self.is_remote = bool(settings.redis_url)
        self._shared_generations = shared_generations
        self._own_generations = OwnGenerations()
        self._outage = outage or Outage("Redis")
        # Taken once, since the library's own look-up needs an application context and the event loop has none.
        self._store = app.extensions["cache"][cache]

    def get(self, key: str) -> Any:
        """Return what is kept under a key, or None."""
        return self._attempt(lambda: self._store.get(key))

    def set(self, key: str, value: Any, seconds: int) -> None:
        """Keep plain data for some seconds."""
        self._attempt(lambda: self._store.set(key, value, timeout=seconds))

    def generation(self, names: Collection[str] = (ANYTHING,)) -> str:
        """
        Return the name of the present generation of what an answer depends on; it is part of the key of what is kept.

        Where processes share the cache, the store knows it.
        """
        if not self.is_remote:
            return self._own_generations.stamp(names)
        slots = slots_to_read(names)
        generations = self._shared_generations(slots)
        # A table that lacks a row, as one of an older revision does, notes no write there: nothing may be found again.
        return stamp(generations) if len(generations) == len(slots) else new_name()

    def advance(self, names: Collection[str] = (EVERYTHING,)) -> None:
        """Begin a new generation of what a write touches: nothing that was kept of it before is found again."""
        self._own_generations.advance(names)
        if EVERYTHING in names and not self.is_remote:
            # Nobody finds these again; kept, they would fill the memory until they expire.
            self._store.clear()

    def memoize(
        self, function: Callable[P, R], depends_on: Collection[str] = (ANYTHING,), seconds: int = 300
    ) -> Callable[P, R]:
        """Return a function that remembers its results, by scalar arguments, until what they depend on is written."""
        name = f"{self.generation(depends_on)}:{function.__module__}.{function.__qualname__}"

        def remembering(*args: P.args, **kwargs: P.kwargs) -> R:
            key = f"{name}:{orjson.dumps([args, kwargs], option=orjson.OPT_SORT_KEYS).decode()}"
            kept = self.get(key)
            if isinstance(kept, dict) and "result" in kept:
                return kept["result"]  # type: ignore[no-any-return]
            result = function(*args, **kwargs)
            self.set(key, {"result": result}, seconds)
            return result

        return remembering

    def clear(self) -> None:
        """Forget everything that is kept, and nothing else that the back end may hold."""
        self._attempt(self._store.clear)
        self.advance()

    def is_keeping(self) -> bool:
        """Tell whether the back end keeps anything: a Redis that is full or a replica answers, and refuses every write."""
        return bool(self._attempt(lambda: self._store.set("check", 1, timeout=1)))

    def _attempt(self, call: Callable[[], Any]) -> Any:
        return self._outage.attempt(call, lambda: None) if self.is_remote else call()


class PlainData(BaseSerializer):
    """JSON in the back end: whoever may write there must not be able to run code here, as a pickle could."""

    def dumps(self, value: Any, protocol: int = 0) -> bytes:
        """Write a value."""
        return orjson.dumps(value)

    def loads(self, bvalue: bytes | None) -> Any:
        """Read a value; anything that is no JSON counts as absent."""
        try:
            return None if bvalue is None else orjson.loads(bvalue)
        except orjson.JSONDecodeError:
            return None


def _back_end(settings: Settings) -> dict[str, Any]:
    if not settings.redis_url:
        return {"CACHE_TYPE": "SimpleCache", "CACHE_THRESHOLD": 2000}
    from .redis_options import connection_options

    return {
        "CACHE_TYPE": "RedisCache",
        "CACHE_REDIS_URL": settings.redis_url,
        "CACHE_KEY_PREFIX": "bookplate:cache:1:",
        "CACHE_SERIALIZER": PlainData,
        "CACHE_OPTIONS": connection_options(),
    }
