"""The one place where ASGI meets the edge: here a request becomes a context, and an answer becomes messages."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import request_context
from ..process.stopping import stopping_of
from ..representation.answer import Answer
from ..request_context import RequestContext
from .request_target import path_of_absolute_form, target_size

# Asks everything that stands further inside.
Inner = Callable[[RequestContext], Awaitable[Answer]]
# Does its part before the rest is asked; where it has the answer already, the rest is not asked. Raises a Problem.
Step = Callable[[RequestContext], Awaitable[Answer | None]]


class Around(Protocol):
    """Stands around the rest, and sees its answer."""

    def __call__(self, request: RequestContext, inner: Inner) -> Awaitable[Answer]:
        """Answer one request; a Problem that is raised is answered further outside."""


def before(step: Step) -> Around:
    """Have a step do its part before the rest is asked."""
    return partial(_step_then_inner, step)


async def _step_then_inner(step: Step, request: RequestContext, inner: Inner) -> Answer:
    answer = await step(request)
    return await inner(request) if answer is None else answer


class Layer:
    """An ASGI application around another one: it runs what stands in it, the first one outermost."""

    def __init__(self, app: ASGIApp, around: Sequence[Around]) -> None:
        self._app = app
        self._answer: Inner = self._ask_app
        for each in reversed(around):
            self._answer = partial(each, inner=self._answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await send_answer(await self._answer(self._enter(scope, receive)), send)

    def _enter(self, scope: Scope, receive: Receive) -> RequestContext:
        request = request_context.current()
        request.scope = scope
        return request

    async def _ask_app(self, request: RequestContext) -> Answer:
        """Ask the application that this one stands around, for the context that the last step handed on."""
        scope = request.scope
        if scope["method"] != request.method:
            scope = {**scope, "method": request.method}
        messages = _Messages()
        with request_context.within(request):
            await self._app(scope, request.receive, messages.take)
        return messages.answer()


class OutermostLayer(Layer):
    """The layer that every request comes to first: it makes the context that all others fill and read."""

    def _enter(self, scope: Scope, receive: Receive) -> RequestContext:
        size = target_size(scope["raw_path"], scope["query_string"])
        if (path := path_of_absolute_form(scope["raw_path"])) is not None:
            scope["raw_path"], scope["path"] = path, unquote(path.decode("ascii"))
        request = RequestContext(
            method=scope["method"],
            path=scope["path"],
            query_string=scope["query_string"],
            fields=scope["headers"],
            target_size=size,
            peer=str((scope.get("client") or ("",))[0]),
            stopping=stopping_of(scope),
            scope=scope,
            receive=receive,
        )
        request_context.begin(request)
        return request


class _Messages:
    """The messages that make one answer."""

    def __init__(self) -> None:
        self._start: Message | None = None
        self._body = b""

    async def take(self, message: Message) -> None:
        """Take one message, as `send` does."""
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._body += message.get("body", b"")

    def answer(self) -> Answer:
        """Return the answer, once it is whole."""
        if self._start is None:
            raise RuntimeError("the application ended without an answer")
        return Answer(self._start["status"], list(self._start["headers"]), self._body)


async def send_answer(answer: Answer, send: Send) -> None:
    """Send a whole answer."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.fields})
    await send({"type": "http.response.body", "body": answer.body})
