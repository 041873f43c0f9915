"""The one place where ASGI meets the edge: here a request becomes a context, and an answer becomes messages."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import request_context
from ..process.stopping import stopping_of
from ..representation.answer import Answer, Field
from ..request_context import RequestContext
from .request_target import path_of_absolute_form, target_size

# Asks everything that stands further inside.
Inner = Callable[[RequestContext], Awaitable[Answer]]
# Does its part before the rest is asked; where it has the answer already, the rest is not asked. Raises a Problem.
Step = Callable[[RequestContext], Answer | None]
# Says what an answer carries beside its own fields, whichever step it comes from.
Addition = Callable[[RequestContext, Answer], Sequence[Field]]


class Around(Protocol):
    """Stands around the rest, and sees its answer."""

    def __call__(self, request: RequestContext, inner: Inner) -> Awaitable[Answer]:
        """Answer one request; a Problem that is raised is answered further outside."""


def before(*steps: Step) -> Around:
    """Have steps do their part before the rest is asked; none of them waits."""
    return partial(_steps_then_inner, steps)


async def _steps_then_inner(steps: Sequence[Step], request: RequestContext, inner: Inner) -> Answer:
    for step in steps:
        answer = step(request)
        if answer is not None:
            return answer
    return await inner(request)


def adding(*additions: Addition) -> Around:
    """Have fields added to each answer, in this order."""
    return partial(_inner_then_fields, additions)


async def _inner_then_fields(additions: Sequence[Addition], request: RequestContext, inner: Inner) -> Answer:
    answer = await inner(request)
    fields = list(answer.fields)
    for addition in additions:
        fields += addition(request, answer)
    return Answer(answer.status, fields, answer.body)


def compose(around: Sequence[Around], innermost: Inner) -> Inner:
    """Put steps around what answers in the end, the first one outermost."""
    answer = innermost
    for each in reversed(around):
        answer = partial(each, inner=answer)
    return answer


class OutermostLayer:
    """An ASGI application around another one: it makes the context that all steps fill and read, and runs its own."""

    def __init__(self, app: ASGIApp, around: Sequence[Around]) -> None:
        self._app = app
        self._answer = compose(around, self._ask_app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _context_of(scope, receive)
        request_context.begin(request)
        await send_answer(await self._answer(request), send)

    async def _ask_app(self, request: RequestContext) -> Answer:
        """Ask the application that this one stands around."""
        messages: list[Message] = []

        async def take(message: Message) -> None:
            messages.append(message)

        await self._app(request.scope, request.receive, take)
        return _whole(messages)


def _context_of(scope: Scope, receive: Receive) -> RequestContext:
    size = target_size(scope["raw_path"], scope["query_string"])
    if (path := path_of_absolute_form(scope["raw_path"])) is not None:
        scope["raw_path"], scope["path"] = path, unquote(path.decode("ascii"))
    return RequestContext(
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


def _whole(messages: Sequence[Message]) -> Answer:
    """Return the answer that the messages of an application make."""
    if not messages:
        raise RuntimeError("the application ended without an answer")
    start, *parts = messages
    return Answer(start["status"], start["headers"], b"".join([part.get("body", b"") for part in parts]))


async def send_answer(answer: Answer, send: Send) -> None:
    """Send a whole answer."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.fields})
    await send({"type": "http.response.body", "body": answer.body})
