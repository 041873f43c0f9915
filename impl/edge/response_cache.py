"""Reads that need no handler: answers from the server's own cache."""

import asyncio
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from typing import Any

import orjson

from ..backends.bounded_redis import BoundedRedis
from ..backends.cache import AnswerCache, Key
from ..backends.workers import Pool
from ..contract.contract import Operation
from ..problems import Problem, Unavailable
from ..representation.answer import Answer
from ..request_context import RequestContext
from .asgi import Inner
from .deadlines import begin_deadline


class _GivenUp(Unavailable):
    """An answer that several may wait for was not made in the time that it has."""


@dataclass(frozen=True)
class AnswerNames:
    """What the kept answers of one operation are named after."""

    operation: Operation
    # What answers depend on beside the request and the store.
    edition: str
    # What of the store they depend on, with arguments of the operation in braces.
    shows: tuple[str, ...]
    # Whether they depend on who asks.
    are_personal: bool

    def name(self, request: RequestContext) -> str:
        """Name everything that the answer of the handler depends on: two requests with one name have one answer."""
        reader = astuple(request.caller) if self.are_personal and request.caller else None
        unread = ((self.operation.cache or {}).get("bypass"), "if_none_match")
        effective = {name: value for name, value in request.arguments.items() if name not in unread}
        place = request.prefix + request.path
        depends = [self.edition, self.operation.id, place, reader, request.query, effective]
        return orjson.dumps(depends, option=orjson.OPT_SORT_KEYS).decode()

    def shown(self, request: RequestContext) -> list[str]:
        """Name what of the store the answer depends on."""
        return [each.format_map(request.arguments) for each in self.shows]


class ResponseCache:
    """Keeps the 200s of one operation with x-cache, and has its handler asked once for all who ask at the same time."""

    def __init__(
        self, names: AnswerNames, cache: AnswerCache, reads: Pool, redis: BoundedRedis, seconds_to_make: float
    ) -> None:
        self._names = names
        self._cache = cache
        self._reads = reads
        self._redis = redis
        self._seconds_to_make = seconds_to_make
        key: dict[str, Any] = names.operation.cache or {}
        self._seconds_to_keep: int = key["store"]
        self._bypass: str = key.get("bypass", "")
        # By name and generation: who asks after a write must not wait for an answer that may be older.
        self._making: dict[Key, asyncio.Task[Answer]] = {}

    async def __call__(self, request: RequestContext, inner: Inner) -> Answer:
        """Answer a GET, and say in Cache-Status (RFC 9211) where its 200 comes from."""
        if self._is_bypassed(request):
            answer, source = await inner(request), b"fwd=request"
        else:
            answer, source = await self._find(request, inner)
        return answer.adding((b"cache-status", b"bookplate; " + source)) if answer.status == 200 else answer

    async def _find(self, request: RequestContext, inner: Inner) -> tuple[Answer, bytes]:
        # Read before the handler looks: what a write changes meanwhile is kept with a generation that has ended.
        key = await self._make_key(request)
        if kept := _unpack(await self._aided(request, lambda: self._cache.get(key))):
            return kept, b"hit"
        while making := self._making.get(key):
            try:
                return await asyncio.shield(making), b"hit"
            except _GivenUp:
                # It was late for the caller who began it, and perhaps not for this one.
                continue
            except Problem:
                raise
            except Exception:
                # A crash may be the fault of the request that began it.
                return await inner(request), b"fwd=uri-miss"
        return await asyncio.shield(self._start(key, request, inner)), b"fwd=uri-miss"

    def _start(self, key: Key, request: RequestContext, inner: Inner) -> asyncio.Task[Answer]:
        """
        Have the handler answer once for all who ask meanwhile.

        In a task of its own: it goes on when the caller who began it has gone, for the others wait for it. Each waits
        as long as its own deadline says.
        """
        making = asyncio.create_task(self._make(key, replace(request), inner))
        self._making[key] = making
        making.add_done_callback(lambda _: self._finish(key, making))
        return making

    def _finish(self, key: Key, making: asyncio.Task[Answer]) -> None:
        if self._making.get(key) is making:
            del self._making[key]
        # Looked at even if nobody waits any more: an error that nobody retrieves is logged as a fault of this program.
        if not making.cancelled():
            making.exception()

    async def _make(self, key: Key, request: RequestContext, inner: Inner) -> Answer:
        # A deadline of its own, that of the caller who began it says nothing of the others. It begins now.
        try:
            async with begin_deadline(request, self._seconds_to_make) as watch:
                answer = await inner(request)
                if answer.status == 200:
                    await self._aided(request, lambda: self._cache.set(key, _pack(answer), self._seconds_to_keep))
                return answer
        except Unavailable as problem:
            if not watch.has_ended:
                raise
            # At once, so that nobody who comes now waits for it.
            del self._making[key]
            raise _GivenUp() from problem

    async def _make_key(self, request: RequestContext) -> Key:
        # Where the cache is shared, the store knows the generation.
        return await self._reads.run(self._key, request) if self._cache.is_remote else self._key(request)

    def _key(self, request: RequestContext) -> Key:
        return Key(self._names.name(request), self._cache.generation(self._names.shown(request)))

    async def _aided(self, request: RequestContext, call: Callable[[], Any]) -> Any:
        """Ask the cache; one that is shared is passed by where it is away or slow."""
        if not self._cache.is_remote:
            return call()
        return await self._redis.ask(request.redis_wait, request.deadline, call, lambda: None)

    def _is_bypassed(self, request: RequestContext) -> bool:
        """Tell whether a caller with a token asks past the cache."""
        if not request.caller:
            return False
        says_no_cache = any("no-cache" in value.lower() for value in request.values(b"cache-control"))
        return bool(request.arguments.get(self._bypass)) or says_no_cache


def _pack(answer: Answer) -> dict[str, Any]:
    headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in answer.fields]
    return {"headers": headers, "body": answer.body.decode()}


def _unpack(kept: Any) -> Answer | None:
    # Whoever may write to the back end could have left anything there.
    try:
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept["headers"]]
        return Answer(200, fields, kept["body"].encode())
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
