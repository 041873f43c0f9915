"""The server's own cache: Flask-Caching's back ends under keys that no write outlives."""

import logging
import secrets
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

import orjson
from cachelib.serializers import BaseSerializer
from flask import Flask
from flask_caching import Cache

from .settings import Settings
from .workers import P, R

# Seconds for which a back end that failed is left alone.
REST = 5
log = logging.getLogger(__name__)


class AnswerCache:
    """The cache of one application; values are plain data, never pickles of code."""

    def __init__(self, app: Flask, settings: Settings, shared_generation: Callable[[], str]) -> None:
        cache = Cache(app, config=_back_end(settings))
        self.is_remote = bool(settings.redis_url)
        self._shared_generation = shared_generation
        self._own_generation = secrets.token_hex(8)
        self._rests_until = 0.0
        # The library's memory cache prunes itself while other threads may write to it.
        self._lock = Lock()
        # Taken once, since the library's own look-up needs an application context and the event loop has none.
        self._store = app.extensions["cache"][cache]

    def get(self, key: str) -> Any:
        """Return what is kept of the present generation, or None."""
        return self._attempt(lambda: self._store.get(key))

    def set(self, key: str, value: Any, seconds: int) -> None:
        """Keep plain data for some seconds."""
        self._attempt(lambda: self._store.set(key, value, timeout=seconds))

    def generation(self) -> str:
        """Return the name of the present generation; where processes share the cache, the store knows it."""
        return self._shared_generation() if self.is_remote else self._own_generation

    def advance(self) -> str:
        """
        Begin a new generation: nothing kept before is found again.

        A random name, since two writers who count upwards could meet on one number.
        """
        self._own_generation = name = secrets.token_hex(8)
        if not self.is_remote:
            # Nobody finds these again; kept, they would fill the memory until they expire.
            self._attempt(self._store.clear)
        return name

    def memoize(self, function: Callable[P, R], seconds: int = 300) -> Callable[P, R]:
        """Return a function that remembers its results, by scalar arguments, until the generation ends."""
        name = f"{self.generation()}:{function.__module__}.{function.__qualname__}"

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

    def is_reachable(self) -> bool:
        """Tell whether the back end keeps anything."""
        return bool(self._store.set("reachable", 1, timeout=1))

    def _attempt(self, call: Callable[[], Any]) -> Any:
        if not self.is_remote:
            with self._lock:
                return call()
        if time.monotonic() < self._rests_until:
            return None
        try:
            return call()
        except Exception as error:
            log.warning("the cache cannot be reached: %s", type(error).__name__)
            self._rests_until = time.monotonic() + REST
            return None


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
    return {
        "CACHE_TYPE": "RedisCache",
        "CACHE_REDIS_URL": settings.redis_url,
        "CACHE_KEY_PREFIX": "bookplate:cache:1:",
        "CACHE_SERIALIZER": PlainData,
        "CACHE_OPTIONS": {"socket_timeout": 0.25, "socket_connect_timeout": 0.25},
    }
