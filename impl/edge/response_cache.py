"""Reads that need no handler: answers from the server's own cache."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import orjson

from ..backends.bounded_redis import BoundedRedis
from ..backends.cache import AnswerCache, Key
from ..backends.workers import Pool
from ..contract.contract import Operation
from ..problems import Problem, Unavailable
from ..representation.answer import Answer
from ..request_context import RequestContext
from .asgi import Inner
from .deadlines import Deadlines, begin_deadline

HIT, MISS, PASSED_BY = b"bookplate; hit", b"bookplate; fwd=uri-miss", b"bookplate; fwd=request"


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
        caller = request.caller if self.are_personal else None
        reader = (caller.user_id, caller.session_id, caller.role, caller.tier) if caller else None
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
        self,
        names: AnswerNames,
        cache: AnswerCache,
        reads: Pool,
        redis: BoundedRedis,
        seconds_to_make: float,
        deadlines: Deadlines,
    ) -> None:
        self._names = names
        self._cache = cache
        self._reads = reads
        self._redis = redis
        self._seconds_to_make = seconds_to_make
        self._deadlines = deadlines
        key: dict[str, Any] = names.operation.cache or {}
        self._seconds_to_keep: int = key["store"]
        self._bypass: str = key.get("bypass", "")
        # By name and generation: who asks after a write must not wait for an answer that may be older.
        self._making: dict[Key, asyncio.Task[Answer]] = {}

    async def __call__(self, request: RequestContext, inner: Inner) -> Answer:
        """Answer a GET, and say in Cache-Status (RFC 9211) where its 200 comes from."""
        if is_past_cache(request, self._bypass):
            return _saying(PASSED_BY, await inner(request))
        # In memory an answer is found without waiting for anything.
        if not self._cache.is_remote and (kept := self._cache.get(self._key(request))):
            return cast(Answer, kept)
        return await self._deadlines(request, partial(self._find, inner=inner))

    async def _find(self, request: RequestContext, inner: Inner) -> Answer:
        # Read before the handler looks: what a write changes meanwhile is kept with a generation that has ended.
        key = await self._make_key(request)
        if self._cache.is_remote and (kept := _unpack(await self._aided(request, lambda: self._cache.get(key)))):
            return kept
        while making := self._making.get(key):
            try:
                return _saying(HIT, await asyncio.shield(making))
            except _GivenUp:
                # It was late for the caller who began it, and perhaps not for this one.
                continue
            except Problem:
                raise
            except Exception:
                # A crash may be the fault of the request that began it.
                return _saying(MISS, await inner(request))
        return _saying(MISS, await asyncio.shield(self._start(key, request, inner)))

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
                    # As it is sent for each hit.
                    kept = _saying(HIT, answer)
                    value = _pack(kept) if self._cache.is_remote else kept
                    await self._aided(request, lambda: self._cache.set(key, value, self._seconds_to_keep))
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


class CallerFirst:
    """Has the session of who asks looked up before a kept answer is: one whose session has ended gets none."""

    def __init__(
        self, require_caller: Callable[[RequestContext], None], operation: Operation, reads: Pool, deadlines: Deadlines
    ) -> None:
        self._require_caller = require_caller
        self._reads = reads
        self._deadlines = deadlines
        self._bypass: str = (operation.cache or {}).get("bypass", "")

    async def __call__(self, request: RequestContext, inner: Inner) -> Answer:
        """
        Answer for a caller with a live session; past the cache, that is looked up in the transaction of the work.

        Raises InvalidToken or Forbidden.
        """
        if request.claims is None or is_past_cache(request, self._bypass):
            return await inner(request)

        async def look_then_ask(request: RequestContext) -> Answer:
            await self._reads.run(self._require_caller, request)
            return await inner(request)

        return await self._deadlines(request, look_then_ask)


def is_past_cache(request: RequestContext, bypass: str) -> bool:
    """Tell whether a request is for the handler itself: of a caller with a token who asks so, or one to be refused."""
    if request.claims is None:
        return False
    if request.refusal is not None or request.arguments.get(bypass):
        return True
    return any("no-cache" in value.lower() for value in request.values(b"cache-control"))


def _saying(source: bytes, answer: Answer) -> Answer:
    """Have a 200 say where it comes from."""
    return answer.adding((b"cache-status", source)) if answer.status == 200 else answer


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
