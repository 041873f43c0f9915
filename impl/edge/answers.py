"""Reads that need no handler: answers from the server's own cache, and 304 for who already has the representation."""

import asyncio
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import current
from ..backends.cache import Key
from ..backends.deadline import limited
from ..backends.generations import ANYTHING
from ..contract.contract import Operation
from ..problems import Problem, Unavailable
from ..representation.preconditions import matches
from ..services import Services
from .aids import ask
from .deadlines import FOR_WORK

ABSENT_FROM_304 = (b"content-type", b"content-length")
Headers = list[tuple[bytes, bytes]]


@dataclass
class Answer:
    """One answer that the handler gave, or gave once."""

    status: int = 0
    headers: Headers | None = None
    body: bytes = b""

    def header(self, name: bytes) -> str | None:
        """Return a field's value."""
        return next((value.decode("latin-1") for key, value in self.headers or [] if key == name), None)


class _GivenUp(Unavailable):
    """An answer that several may wait for was not made in the time that it has."""


class Answers:
    """
    Keeps the 200s of an operation with x-cache, and answers conditional reads of every GET.

    HEAD is GET without the content (RFC 9110, section 9.3.2): behind this layer there is only GET, so that both share
    one kept answer, and the content is left out when it is sent.
    """

    def __init__(self, app: ASGIApp, operation: Operation, services: Services) -> None:
        self.app = app
        self.services = services
        self.cache = services.cache
        self.operation = operation
        # By name and generation: who asks after a write must not wait for an answer that may be older.
        self._making: dict[Key, asyncio.Task[Answer]] = {}
        self._seconds = services.settings.timeouts.request * FOR_WORK
        self.store = (operation.cache or {}).get("store")
        self.bypass = (operation.cache or {}).get("bypass", "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self.operation.method != "GET":
            return await self.app(scope, receive, send)
        answer, source = await self._find(scope, receive)
        extra = [(b"cache-status", b"bookplate; " + source)] if self.store and answer.status == 200 else []
        answer = _conditional(scope, answer)
        is_head = scope["method"] == "HEAD"
        if answer.status == 200 and not is_head and self.operation.id in self.services.after_200:
            self.services.after_200[self.operation.id](self.services, current.request.get().arguments)
        await _send_answer(answer, extra, send, with_content=not is_head)

    async def _find(self, scope: Scope, receive: Receive) -> tuple[Answer, bytes]:
        if not self.store:
            return await self._ask(scope, receive), b"none"
        if self._is_bypassed(scope):
            return await self._ask(scope, receive), b"fwd=request"
        # Read before the handler looks: what a write changes meanwhile is kept with a generation that has ended.
        key = await self._make_key()
        if kept := _unpack(await self._aided(lambda: self.cache.get(key))):
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
                return await self._ask(scope, receive), b"fwd=uri-miss"
        return await asyncio.shield(self._start(key, scope, receive)), b"fwd=uri-miss"

    def _start(self, key: Key, scope: Scope, receive: Receive) -> asyncio.Task[Answer]:
        """
        Have the handler answer once for all who ask meanwhile.

        In a task of its own: it goes on when the caller who began it has gone, for the others wait for it. Each waits
        as long as its own deadline says.
        """
        making = asyncio.create_task(self._make(key, scope, receive))
        self._making[key] = making
        making.add_done_callback(lambda _: self._finish(key, making))
        return making

    def _finish(self, key: Key, making: asyncio.Task[Answer]) -> None:
        if self._making.get(key) is making:
            del self._making[key]
        # Looked at even if nobody waits any more: an error that nobody retrieves is logged as a fault of this program.
        if not making.cancelled():
            making.exception()

    async def _make(self, key: Key, scope: Scope, receive: Receive) -> Answer:
        # A deadline of its own, that of the caller who began it says nothing of the others. It begins now.
        try:
            async with limited(self._seconds) as watch:
                answer = await self._ask(scope, receive)
                if answer.status == 200:
                    await self._aided(lambda: self.cache.set(key, _pack(answer), self.store or 0))
                return answer
        except Unavailable as problem:
            if not watch.has_ended:
                raise
            # At once, so that nobody who comes now waits for it.
            del self._making[key]
            raise _GivenUp() from problem

    async def _make_key(self) -> Key:
        # Where the cache is shared, the store knows the generation.
        return await self.services.workers.reads.run(self._key) if self.cache.is_remote else self._key()

    async def _aided(self, call: Callable[[], Any]) -> Any:
        """Ask the cache; one that is shared is passed by where it is away or slow."""
        return await ask(self.services, call, lambda: None) if self.cache.is_remote else call()

    def _is_bypassed(self, scope: Scope) -> bool:
        request = current.request.get()
        wanted = request.arguments.get(self.bypass) or any(
            name == b"cache-control" and b"no-cache" in value.lower() for name, value in scope["headers"]
        )
        return bool(wanted and request.caller)

    def _key(self) -> Key:
        """Name everything that the answer of the handler depends on: two requests with one key have one answer."""
        request = current.request.get()
        is_personal = not self.operation.is_public or self.operation.id in self.services.personal
        reader = astuple(request.caller) if is_personal and request.caller else None
        effective = {k: v for k, v in request.arguments.items() if k not in (self.bypass, "if_none_match")}
        place = request.prefix + request.path
        depends = [self.services.edition, self.operation.id, place, reader, request.query, effective]
        named = orjson.dumps(depends, option=orjson.OPT_SORT_KEYS)
        shown = [each.format_map(request.arguments) for each in self.services.shows.get(self.operation.id, (ANYTHING,))]
        return Key(named.decode(), self.cache.generation(shown))

    async def _ask(self, scope: Scope, receive: Receive) -> Answer:
        answer = Answer()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = (message["status"], list(message["headers"]))
            else:
                answer.body += message.get("body", b"")

        await self.app({**scope, "method": "GET"}, receive, keep)
        return answer


def _conditional(scope: Scope, answer: Answer) -> Answer:
    condition = ", ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"if-none-match")
    tag = answer.header(b"etag")
    if answer.status != 200 or not condition or not tag or not matches(condition, tag):
        return answer
    return Answer(304, [(name, value) for name, value in answer.headers or [] if name not in ABSENT_FROM_304])


async def _send_answer(answer: Answer, extra: Headers, send: Send, *, with_content: bool) -> None:
    headers = [*(answer.headers or []), *extra]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body if with_content else b""})


def _pack(answer: Answer) -> dict[str, Any]:
    headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in answer.headers or []]
    return {"headers": headers, "body": answer.body.decode()}


def _unpack(kept: Any) -> Answer | None:
    # Whoever may write to the back end could have left anything there.
    try:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept["headers"]]
        return Answer(200, headers, kept["body"].encode())
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
