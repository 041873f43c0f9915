"""What a kept answer is kept under, and who gets it: HEAD and GET, many at once, and callers who go away."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from impl.app import create_flask
from impl.backends import deadline
from impl.backends.cache import Key
from impl.backends.deadline import limited
from impl.contract.authorization import Caller
from impl.contract.contract import Contract, Operation
from impl.edge.after_200 import After200
from impl.edge.asgi import Around, Inner, compose
from impl.edge.head import answer_head
from impl.edge.response_cache import ResponseCache
from impl.edge.steps import KnownHandler, answer_names, for_operation
from impl.handler_marks import Marks
from impl.problems import NotFound, Unavailable
from impl.representation.answer import Answer
from impl.request_context import RequestContext
from impl.services import Services, edition_of
from impl.settings import Settings, load_settings

from ..people import Person, add_book, new_person, unused_name
from ..reference_server import environment, read_document, save, with_tables
from ..wire import Client

BODY = b'{"items":[]}'
LONG = 10.0
READER = Caller(1, 10, "user", "free")
REQUEST = RequestContext(request_id="request-1", path="/api/users/1/books", caller=READER)
VOLATILE = {"x-request-id", "date", "ratelimit", "cache-status"}


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Services:
    settings = load_settings(with_tables(environment(tmp_path_factory.mktemp("kept"))))
    services: Services = create_flask(settings).extensions["bookplate"]
    return services


@pytest.fixture(name="services")
def _services(made: Services) -> Services:
    """The services of an application that keeps nothing yet."""
    made.cache.advance()
    return made


@dataclass
class Handler:
    """What answers innermost, when it may, and counts how often it was asked."""

    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    error: Exception | None = None

    async def __call__(self, request: RequestContext) -> Answer:
        """Answer with content, whatever the method is."""
        self.asked += 1
        await self.may_answer.wait()
        if self.error:
            raise self.error
        return Answer(200, [(b"content-length", str(len(BODY)).encode())], BODY)


async def ask(layer: "CachedList", method: str = "GET") -> tuple[dict[bytes, bytes], bytes]:
    """Ask the steps, and return fields and content."""
    answer = await layer.answer(replace(REQUEST, method=method))
    return dict(answer.fields), answer.body


async def asked(handler: Handler, *asking: asyncio.Task[Any]) -> None:
    """Wait until the handler was asked and everybody waits for it."""
    for _ in range(100):
        await asyncio.sleep(0)
    assert handler.asked
    assert not any(each.done() for each in asking)


@dataclass
class Known:
    """What the edge knows of a handler, and what it noted."""

    marks: Marks = field(default_factory=Marks)
    knows_caller: bool = False
    noted: list[RequestContext] = field(default_factory=list)

    def note_200(self, request: RequestContext) -> None:
        """Note a request."""
        self.noted.append(request)


class CachedList:
    """The steps of a cached list, from those that only a read has; the innermost one is the cache."""

    def __init__(self, inner: Inner, steps: Sequence[Around]) -> None:
        innermost = steps[-1]
        assert isinstance(innermost, ResponseCache)
        self.cache = innermost
        self.steps = steps
        self.ask_instead(inner)

    def ask_instead(self, inner: Inner) -> None:
        """Have something else answer innermost."""
        self.answer = compose(self.steps, inner)


def with_layer(
    services: Services, test: Callable[[CachedList, Handler], Awaitable[None]], known: KnownHandler | None = None
) -> None:
    """Run a test with the steps of a cached list around a handler, behind those that count, refuse and validate."""
    operation = services.contract.operations["list_user_books"]
    *steps, _deadlines = for_operation(services, Flask("test"), known or Known(), operation)
    reading = next(place for place, step in enumerate(steps) if step is answer_head or isinstance(step, After200))

    async def run() -> None:
        handler = Handler()
        await test(CachedList(handler, steps[reading:]), handler)

    asyncio.run(asyncio.wait_for(run(), 20))


@pytest.mark.parametrize("first", ["HEAD", "GET"])
def test_head_and_get_share_one_answer(services: Services, first: str) -> None:
    """Whichever comes first, the handler is asked once; HEAD has the fields and no content."""

    async def test(layer: CachedList, handler: Handler) -> None:
        handler.may_answer.set()
        second = "GET" if first == "HEAD" else "HEAD"
        answers = {method: await ask(layer, method) for method in (first, second, first)}

        assert handler.asked == 1
        assert (answers["GET"][1], answers["HEAD"][1]) == (BODY, b"")
        assert {fields[b"content-length"] for fields, _ in answers.values()} == {str(len(BODY)).encode()}

    with_layer(services, test)


def test_head_and_get_at_once_share_one_answer(services: Services) -> None:
    """HEAD that waits for a GET, or a GET for HEAD, gets what it asked for."""

    async def test(layer: CachedList, handler: Handler) -> None:
        asking = [asyncio.create_task(ask(layer, method)) for method in ("HEAD", "GET", "HEAD", "GET")]
        await asked(handler, *asking)
        handler.may_answer.set()

        assert [body for _, body in await asyncio.gather(*asking)] == [b"", BODY, b"", BODY]
        assert handler.asked == 1

    with_layer(services, test)


@pytest.mark.parametrize("leaving", ["HEAD", "GET"])
def test_first_caller_may_leave(services: Services, leaving: str) -> None:
    """Where the caller who came first is cancelled the others get the answer that was begun, and so do later ones."""

    async def test(layer: CachedList, handler: Handler) -> None:
        first = asyncio.create_task(ask(layer, leaving))
        others = [asyncio.create_task(ask(layer)) for _ in range(5)]
        await asked(handler, first, *others)
        first.cancel()
        await asyncio.sleep(0)
        handler.may_answer.set()

        assert [body for _, body in await asyncio.gather(*others)] == [BODY] * 5
        assert (await ask(layer))[0][b"cache-status"] == b"bookplate; hit"
        assert first.cancelled()
        assert handler.asked == 1

    with_layer(services, test)


def test_everybody_may_leave(services: Services) -> None:
    """An answer that nobody waits for any more is kept, and an error that nobody sees is no error of this program."""

    async def test(layer: CachedList, handler: Handler) -> None:
        complaints: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        handler.error = RuntimeError("the store is away")
        alone = asyncio.create_task(ask(layer))
        await asked(handler, alone)
        alone.cancel()
        handler.may_answer.set()
        await asyncio.wait([alone])
        await asyncio.sleep(0)
        handler.error = None

        assert (await ask(layer))[1] == BODY
        assert complaints == []

    with_layer(services, test)


async def use_the_store(_request: RequestContext) -> Answer:
    """Answer as a handler does whose connection is cut with its deadline."""
    present = deadline.current()
    assert present
    present.hold(1, lambda: None)
    return Answer(200, [], BODY)


async def ask_within(seconds: float, layer: CachedList) -> bytes:
    """Ask a layer as a caller whose time is limited, and return the content."""
    async with limited(seconds):
        return (await ask(layer))[1]


def test_first_caller_who_is_given_up_takes_nobody_with_him(services: Services) -> None:
    """Where the time of the caller who came first is over, the others get the answer that was begun."""

    async def test(layer: CachedList, handler: Handler) -> None:
        layer.ask_instead(after(handler, use_the_store))
        first = asyncio.create_task(ask_within(1.0, layer))
        await asked(handler, first)
        other = asyncio.create_task(ask_within(LONG, layer))
        with pytest.raises(Unavailable):
            await first
        late = asyncio.create_task(ask_within(LONG, layer))
        await asked(handler, other, late)
        handler.may_answer.set()

        assert [await other, await late] == [BODY, BODY]
        assert handler.asked == 1

    with_layer(services, test)


def test_answer_that_was_given_up_is_begun_anew(services: Services) -> None:
    """Who joined an answer that is given up has his own time left: the handler is asked again, once for all of them."""

    async def test(layer: CachedList, handler: Handler) -> None:
        layer.cache._seconds_to_make = 1.0
        first = asyncio.create_task(ask_within(LONG, layer))
        await asked(handler, first)
        others = [asyncio.create_task(ask_within(LONG, layer)) for _ in range(5)]
        with pytest.raises(Unavailable):
            await first
        layer.cache._seconds_to_make = LONG
        await asked(handler, *others)
        handler.may_answer.set()

        assert await asyncio.gather(*others) == [BODY] * 5
        assert handler.asked == 2

    with_layer(services, test)


def test_who_joins_waits_no_longer_than_his_own_deadline(services: Services) -> None:
    """A caller who joins an answer that goes on is given up in his own time, and nobody waits for what was given up."""

    async def test(layer: CachedList, handler: Handler) -> None:
        first = asyncio.create_task(ask_within(LONG, layer))
        await asked(handler, first)
        with pytest.raises(Unavailable):
            await ask_within(0.1, layer)
        assert not first.done()
        handler.may_answer.set()

        assert await first == BODY
        assert not layer.cache._making

    with_layer(services, test)


def after(handler: Handler, inner: Inner) -> Inner:
    """Make something that answers as something else does, as soon as the handler may."""

    async def both(request: RequestContext) -> Answer:
        handler.asked += 1
        await handler.may_answer.wait()
        return await inner(request)

    return both


@pytest.mark.parametrize(
    ("error", "times"),
    [(NotFound("There is no such book."), 1), (RuntimeError("a crash"), 5)],
    ids=["a problem is everybody's", "a crash is asked for again"],
)
def test_error_is_not_kept(services: Services, error: Exception, times: int) -> None:
    """
    Those who wait for an answer get its problem; a crash may be the first request's own, so each asks for itself.

    Either way the next caller is asked for anew.
    """

    async def test(layer: CachedList, handler: Handler) -> None:
        handler.error = error
        asking = [asyncio.create_task(ask(layer)) for _ in range(5)]
        await asked(handler, *asking)
        handler.may_answer.set()

        assert set(map(str, await asyncio.gather(*asking, return_exceptions=True))) == {str(error)}
        assert handler.asked == times
        handler.error = None
        assert (await ask(layer))[1] == BODY
        assert handler.asked == times + 1

    with_layer(services, test)


def test_head_is_no_view(services: Services) -> None:
    """What is noted after each 200 of GET, kept or not, is not noted after HEAD."""
    known = Known(Marks(after_200=print))

    async def test(layer: CachedList, handler: Handler) -> None:
        handler.may_answer.set()
        for method in ("HEAD", "GET", "HEAD", "GET"):
            await ask(layer, method)

    with_layer(services, test, known)
    assert len(known.noted) == 2


def key_of(services: Services, operation: Operation, known: KnownHandler | None = None, **changes: Any) -> Key:
    """Return the key of a request that differs from the usual one."""
    request = replace(REQUEST, **changes)
    names = answer_names(services, known or Known(), operation)
    return Key(names.name(request), services.cache.generation(names.shown(request)))


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/library/api/users/1/books"},
        {"query": {"page": 2}},
        {"query": {"page": "2"}},
        {"arguments": {"user_id": 2}},
        {"arguments": {"accept_language": "de"}},
    ],
    ids=["prefix", "query", "type in the query", "path", "header"],
)
def test_key_holds_the_request(services: Services, changes: dict[str, Any]) -> None:
    """Where the request differs in what a handler may look at, so does the key."""
    operation = services.contract.operations["list_user_books"]

    assert key_of(services, operation, **changes) != key_of(services, operation)


@pytest.mark.parametrize(
    "other",
    [
        None,
        replace(READER, user_id=2),
        replace(READER, role="admin"),
        replace(READER, tier="premium"),
        replace(READER, session_id=2),
    ],
    ids=["nobody", "user", "role", "tier", "session"],
)
def test_key_holds_the_reader(services: Services, other: Caller | None) -> None:
    """Where an operation is not for everybody, or its handler knows the caller, everything of the caller counts."""
    private, public = (services.contract.operations[name] for name in ("list_users", "get_book"))

    assert key_of(services, private, caller=other) != key_of(services, private)
    assert key_of(services, public, caller=other) == key_of(services, public)
    known = Known(knows_caller=True)
    assert key_of(services, public, known, caller=other) != key_of(services, public, known)


@pytest.mark.parametrize("changes", [{"arguments": {"nocache": True}}, {"arguments": {"if_none_match": '"a"'}}])
def test_key_holds_nothing_else(services: Services, changes: dict[str, Any]) -> None:
    """What the handler never learns makes no key of its own."""
    operation = services.contract.operations["list_books"]

    assert key_of(services, operation, **changes, request_id="request-2") == key_of(services, operation)


def test_key_holds_document_and_secret(made: Services, settings: Settings, tmp_path: Path) -> None:
    """Services that share a back end and differ in document or secret do not answer for each other."""
    document = read_document()
    document["info"]["version"] = "9.9.9"
    other = replace(settings, document=save(document, tmp_path))
    contracts = [Contract.load(each.document) for each in (settings, settings, other)]
    secrets = ["a" * 32, "b" * 32, "a" * 32]
    settings_of = [replace(settings, secret_key=secret) for secret in secrets]
    editions = [edition_of(contract, each) for contract, each in zip(contracts, settings_of, strict=True)]

    assert len({*editions}) == 3
    assert edition_of(contracts[0], settings_of[0]) == editions[0]


def targets(person: Person) -> dict[str, str]:
    """Return a URL for each cached operation that nobody has asked for, as far as it has more than one."""
    author = unused_name("author")
    book = add_book(person.client, author=author).json()
    return {
        "list_books": f"/api/books?author={author}",
        "list_books_feed": f"/api/books/feed?author={author}",
        "search_books": f"/api/books/search?q={author}",
        "list_popular_books": "/api/books/popular",
        "get_book_statistics": "/api/books/statistics",
        "get_book": f"/api/books/{book['id']}",
        "list_user_books": f"/api/users/{person.user['id']}/books",
    }


def test_head_first_spoils_no_get(client: Client) -> None:
    """Every cached operation: HEAD, then GET whole, then HEAD and GET again with the same fields."""
    person = new_person(client)
    asked_for = targets(person)

    assert set(asked_for) == {name for name, raw in operations().items() if "x-cache" in raw}
    for target in asked_for.values():
        head, get, later, again = (person.client.ask(method, target) for method in ("HEAD", "GET", "HEAD", "GET"))
        assert (head.status, head.body, later.body) == (200, b"", b"")
        assert head.header("Content-Length") == get.header("Content-Length") == str(len(get.body))
        assert json.loads(get.body) == again.json()
        assert stable(head) == stable(get) == stable(later)


def operations() -> dict[str, Any]:
    """Return the operations of the document by name."""
    items = read_document()["paths"].values()
    return {raw["operationId"]: raw for item in items for raw in item.values() if "operationId" in raw}


def stable(answer: Any) -> dict[str, str]:
    """Return the fields that do not change from one request to the next."""
    return {name.lower(): value for name, value in answer.fields if name.lower() not in VOLATILE}


def test_head_and_get_at_once_over_the_wire(client: Client, person: Person) -> None:
    """Of 32 who ask at once with HEAD and GET each gets what belongs to the method."""
    author = add_book(person.client, author=unused_name("author")).json()["author"]
    start = threading.Barrier(32)

    def read(number: int) -> tuple[str | None, int]:
        start.wait(10)
        answer = client.ask("HEAD" if number % 2 else "GET", f"/api/books?author={author}")
        return answer.header("Content-Length"), len(answer.body)

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(read, range(32)))

    lengths = {length for length, _ in answers}
    assert len(lengths) == 1
    assert {size for _, size in answers} == {0, int(lengths.pop() or 0)}
