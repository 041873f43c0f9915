"""The server's own cache: Flask-Caching's back ends, in which no answer outlives a write that it shows."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic

import orjson
from cachelib.serializers import BaseSerializer
from flask import Flask
from flask_caching import Cache

from ..settings import Settings
from .generations import ANYTHING, EVERYTHING, OwnGenerations, new_name, slots_to_read, stamp
from .outage import Outage
from .workers import P, R

PREFIX = "bookplate:cache:3:"
# How many of Redis's keys are looked at in one step, which takes far less than a connection waits.
KEYS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Key:
    """
    Under what a value is kept, and of which generation it is: only a reader of the same generation finds it.

    The generation is no part of the name, so that a new value takes the place of the one that nobody finds any more. It
    is read before the store is: what a write changes meanwhile is kept with a generation that has ended.
    """

    name: str
    generation: str


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

    def get(self, key: Key) -> Any:
        """Return what is kept under a key, or None."""
        kept = self._attempt(lambda: self._store.get(key.name))
        # Whatever can write to the back end could have left anything there.
        if not isinstance(kept, dict) or kept.get("generation") != key.generation:
            return None
        # The back end ends what it keeps by a clock of its own, which may be behind that of the answers.
        until = kept.get("until")
        return kept.get("value") if isinstance(until, int | float) and time.time() < until else None

    def set(self, key: Key, value: Any, seconds: int) -> None:
        """Keep plain data for some seconds."""
        kept = {"generation": key.generation, "until": time.time() + seconds, "value": value}
        self._attempt(lambda: self._store.set(key.name, kept, timeout=seconds))

    def generation(self, names: Collection[str] = (ANYTHING,)) -> str:
        """
        Return the name of the present generation of what an answer depends on; it is kept with the answer.

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

    def doubt(self, names: Collection[str]) -> None:
        """
        Find nothing again that shows what a write touches of which it is not known whether it will be applied.

        That lasts some minutes. Where processes share the cache, the write itself begins the generation when it is applied.
        """
        self._own_generations.doubt(names)

    def memoize(
        self, function: Callable[P, R], depends_on: Collection[str] = (ANYTHING,), seconds: int = 300
    ) -> Callable[P, R]:
        """Return a function that remembers its results, by scalar arguments, until what they depend on is written."""
        generation = self.generation(depends_on)

        def remembering(*args: P.args, **kwargs: P.kwargs) -> R:
            key = _key_of(function, args, kwargs, generation)
            kept = self.get(key)
            if isinstance(kept, dict) and "result" in kept:
                return kept["result"]  # type: ignore[no-any-return]
            result = function(*args, **kwargs)
            self.set(key, {"result": result}, seconds)
            return result

        return remembering

    def remembered(self, function: Callable[..., R], depends_on: Collection[str], *args: Any) -> "Remembered[R] | None":
        """Return what `memoize` remembers of a call; None where it remembers nothing."""
        kept = self.get(_key_of(function, args, {}, self.generation(depends_on)))
        return Remembered(kept["result"]) if isinstance(kept, dict) and "result" in kept else None

    def free_room(self, seconds: float) -> bool:
        """
        Delete what a shared back end keeps for us, and nothing else that it holds; tell whether all is deleted.

        It goes in small steps: one command for a large cache would outlast what a connection waits, which counts as an
        outage of Redis for the limits too. It stops after some seconds, and what is left expires by itself.
        """
        if not self.is_remote:
            return True
        ends = time.monotonic() + seconds
        cursor = self._attempt(partial(self._delete_some, 0))
        # None where Redis is away.
        while cursor and time.monotonic() < ends:
            cursor = self._attempt(partial(self._delete_some, cursor))
        return bool(cursor == 0)

    def _delete_some(self, cursor: int) -> int:
        """Delete ours among some keys; return where to go on, 0 at the end."""
        client = self._store._write_client
        following, keys = client.scan(cursor, match=f"{PREFIX}*", count=KEYS_AT_ONCE)
        if keys:
            client.unlink(*keys)
        return int(following)

    def is_keeping(self) -> bool:
        """Tell whether the back end keeps anything: a Redis that is full or a replica answers, and refuses every write."""
        return bool(self._attempt(lambda: self._store.set("check", 1, timeout=1)))

    def _attempt(self, call: Callable[[], Any]) -> Any:
        return self._outage.attempt(call, lambda: None) if self.is_remote else call()


@dataclass(frozen=True, slots=True)
class Remembered(Generic[R]):
    """A result that is remembered, which may be None."""

    value: R


def _key_of(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], generation: str) -> Key:
    arguments = orjson.dumps([args, kwargs], option=orjson.OPT_SORT_KEYS).decode()
    return Key(f"{function.__module__}.{function.__qualname__}:{arguments}", generation)


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
        return {"CACHE_TYPE": "impl.backends.recently_used.RecentlyUsedCache", "CACHE_THRESHOLD": 2000}
    from .redis_options import connection_options

    return {
        "CACHE_TYPE": "RedisCache",
        "CACHE_REDIS_URL": settings.redis_url,
        "CACHE_KEY_PREFIX": PREFIX,
        "CACHE_SERIALIZER": PlainData,
        "CACHE_OPTIONS": connection_options(),
    }
