"""The server's own cache: Flask-Caching's back ends under keys that no write outlives."""

import secrets
from typing import Any

from flask import Flask
from flask_caching import Cache

from .settings import Settings

GENERATION = "generation"


class AnswerCache:
    """The cache of one application; values are plain data, never pickles of code."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        cache = Cache(app, config=_back_end(settings))
        # Taken once, since the library's own look-up needs an application context and the event loop has none.
        self._store = app.extensions["cache"][cache]

    def get(self, key: str) -> Any:
        """Return what is kept of the present generation, or None."""
        return self._store.get(key)

    def set(self, key: str, value: Any, seconds: int) -> None:
        """Keep plain data for some seconds."""
        self._store.set(key, value, timeout=seconds)

    def generation(self) -> str:
        """Return the name of the present generation, made when there is none."""
        return self._store.get(GENERATION) or self.advance()

    def advance(self) -> str:
        """
        Begin a new generation: nothing kept before is found again.

        A random name, since two writers who count upwards could meet on one number.
        """
        name = secrets.token_hex(8)
        self._store.set(GENERATION, name, timeout=0)
        return name

    def is_reachable(self) -> bool:
        """Tell whether the back end keeps anything."""
        return bool(self.generation() and self._store.get(GENERATION))


def _back_end(settings: Settings) -> dict[str, Any]:
    if not settings.redis_url:
        return {"CACHE_TYPE": "SimpleCache", "CACHE_THRESHOLD": 2000}
    return {
        "CACHE_TYPE": "RedisCache",
        "CACHE_REDIS_URL": settings.redis_url,
        "CACHE_KEY_PREFIX": "bookplate:cache:1:",
        "CACHE_OPTIONS": {"socket_timeout": 0.25, "socket_connect_timeout": 0.25},
    }
