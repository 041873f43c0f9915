"""How the steps of the edge stand around an ASGI application: their order, an early answer, and what reaches the application."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from impl import request_context
from impl.edge.asgi import Around, Inner, Layer, OutermostLayer, before
from impl.representation.answer import Answer
from impl.request_context import RequestContext

SCOPE = {"type": "http", "method": "GET", "path": "/x", "raw_path": b"/x", "query_string": b"a=1", "headers": []}


class Application:
    """An ASGI application that answers in two pieces, and remembers what it was asked."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.requests: list[RequestContext] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        self.scopes.append(scope)
        if scope["type"] == "http":
            self.requests.append(request_context.current())
            await send({"type": "http.response.start", "status": 200, "headers": [(b"inner", b"1")]})
            await send({"type": "http.response.body", "body": b"one, ", "more_body": True})
            await send({"type": "http.response.body", "body": b"two"})


async def nothing() -> Message:
    """Receive nothing."""
    return {"type": "http.disconnect"}


def ask(layer: Any, **changes: Any) -> list[Message]:
    """Ask an ASGI application, and return what it sends."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(layer({**SCOPE, **changes}, nothing, send))
    return sent


def adding(name: bytes) -> Around:
    """Make something around an answer that adds a field."""

    async def around(request: RequestContext, inner: Inner) -> Answer:
        return (await inner(request)).adding((name, b"1"))

    return around


def outermost(app: Any, *around: Around) -> OutermostLayer:
    """Put an outermost layer around an application."""
    return OutermostLayer(app, around)


def test_first_is_outermost() -> None:
    """The field of the one that stands first is added last, and the answer goes out whole."""
    start, body = ask(outermost(Application(), adding(b"first"), adding(b"second")))

    assert [name for name, _ in start["headers"]] == [b"inner", b"second", b"first"]
    assert (start["status"], body["body"]) == (200, b"one, two")


def test_answer_of_a_step_is_the_answer() -> None:
    """Where a step answers, nothing further inside is asked; what stands around it sees the answer."""
    app = Application()

    async def answer(_request: RequestContext) -> Answer | None:
        return Answer(204)

    start, body = ask(outermost(app, adding(b"first"), before(answer), adding(b"second")))

    assert (start["status"], start["headers"], body["body"]) == (204, [(b"first", b"1")], b"")
    assert app.scopes == []


def test_step_that_has_no_answer_lets_the_request_pass() -> None:
    """A step that only notes something is followed by the rest."""
    app = Application()

    async def note(request: RequestContext) -> None:
        request.content = b"noted"

    ask(outermost(app, before(note)))

    assert [request.content for request in app.requests] == [b"noted"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_application_is_asked_for_the_context_that_was_handed_on(method: str) -> None:
    """What hands on another context changes method and current request for what is further inside, and for nobody else."""
    app, seen = Application(), []

    async def as_get(request: RequestContext, inner: Inner) -> Answer:
        answer = await inner(replace(request, method="GET"))
        seen.append(request_context.current().method)
        return answer

    ask(outermost(Layer(app, [as_get])), method=method)

    assert [(scope["method"], request.method) for scope, request in zip(app.scopes, app.requests, strict=True)] == [
        ("GET", "GET")
    ]
    assert seen == [method]


@pytest.mark.parametrize(
    ("raw_path", "path", "size"),
    [(b"/x", "/x", 6), (b"http://a.example/x%2Fy", "/x/y", 26), (b"https://a.example", "/", 21)],
)
def test_target_is_read_in_each_form(raw_path: bytes, path: str, size: int) -> None:
    """Of a target in absolute form only the path leads anywhere; its size is that of the form in which it came."""
    app = Application()
    ask(outermost(app), path=raw_path.decode(), raw_path=raw_path)

    # The path as the server decoded it, or as it was decoded here.
    assert [request.target_size for request in app.requests] == [size]
    assert [scope["path"] for scope in app.scopes] == [path]


def test_what_is_no_request_passes_by() -> None:
    """The start and the end of a server meet no step."""
    app = Application()

    async def fail(_request: RequestContext) -> Answer | None:
        raise AssertionError("a step was asked")

    for layer in (outermost(app, before(fail)), Layer(app, [before(fail)])):
        ask(layer, type="lifespan")

    assert [scope["type"] for scope in app.scopes] == ["lifespan", "lifespan"]


def test_application_without_an_answer_is_a_mistake() -> None:
    """An application that ends without a word is not taken for one that answered."""

    async def silent(*_: object) -> None:
        return

    steps: Sequence[Around] = []
    with pytest.raises(RuntimeError, match="without an answer"):
        ask(OutermostLayer(silent, steps))
