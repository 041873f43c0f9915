"""How the steps of the edge stand around an ASGI application: their order, an early answer, and what reaches the application."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from impl import request_context
from impl.edge.asgi import Around, Inner, OutermostLayer, adding, before
from impl.representation.answer import Answer, Field
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


def field_of(name: bytes) -> Around:
    """Make something around an answer that adds a field."""

    def add(_request: RequestContext, _answer: Answer) -> Sequence[Field]:
        return ((name, b"1"),)

    return adding(add)


def outermost(app: Any, *around: Around) -> OutermostLayer:
    """Put an outermost layer around an application."""
    return OutermostLayer(app, around)


def test_first_is_outermost() -> None:
    """The field of the one that stands first is added last, and the answer goes out whole."""
    start, body = ask(outermost(Application(), field_of(b"first"), field_of(b"second")))

    assert [name for name, _ in start["headers"]] == [b"inner", b"second", b"first"]
    assert (start["status"], body["body"]) == (200, b"one, two")


def test_answer_of_a_step_is_the_answer() -> None:
    """Where a step answers, nothing further inside is asked; what stands around it sees the answer."""
    app = Application()

    def answer(_request: RequestContext) -> Answer | None:
        return Answer(204)

    start, body = ask(outermost(app, field_of(b"first"), before(answer), field_of(b"second")))

    assert (start["status"], start["headers"], body["body"]) == (204, [(b"first", b"1")], b"")
    assert app.scopes == []


def test_step_that_has_no_answer_lets_the_request_pass() -> None:
    """A step that only notes something is followed by the rest."""
    app = Application()

    def note(request: RequestContext) -> None:
        request.content = b"noted"

    ask(outermost(app, before(note)))

    assert [request.content for request in app.requests] == [b"noted"]


def test_fields_are_added_in_their_order() -> None:
    """Of several additions in one place each sees the answer as it came, and the first adds first."""
    seen: list[Answer] = []

    def add(name: bytes) -> Any:
        def addition(_request: RequestContext, answer: Answer) -> Sequence[Field]:
            seen.append(answer)
            return ((name, b"1"),)

        return addition

    start, _ = ask(outermost(Application(), adding(add(b"first"), add(b"second"))))

    assert [name for name, _ in start["headers"]] == [b"inner", b"first", b"second"]
    assert [[*answer.fields] for answer in seen] == [[(b"inner", b"1")]] * 2


def test_request_is_the_current_one_further_inside() -> None:
    """What stands further inside, and the log, find the request that is being answered."""
    app, seen = Application(), list[RequestContext]()

    async def note(request: RequestContext, inner: Inner) -> Answer:
        seen.append(request)
        return await inner(request)

    ask(outermost(app, note))

    assert [request is other for request, other in zip(app.requests, seen, strict=True)] == [True]


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

    def fail(_request: RequestContext) -> Answer | None:
        raise AssertionError("a step was asked")

    ask(outermost(app, before(fail)), type="lifespan")

    assert [scope["type"] for scope in app.scopes] == ["lifespan"]


def test_application_without_an_answer_is_a_mistake() -> None:
    """An application that ends without a word is not taken for one that answered."""

    async def silent(*_: object) -> None:
        return

    steps: Sequence[Around] = []
    with pytest.raises(RuntimeError, match="without an answer"):
        ask(OutermostLayer(silent, steps))
