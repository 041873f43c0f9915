"""What a handler is given: what its parameters name, and nothing else."""

from dataclasses import fields
from typing import Any

import pytest

from impl.app import create_flask
from impl.contract.authorization import Caller
from impl.contract.contract import ContractError
from impl.handler_marks import after_each_200, marks_of, needs_no_thread, refused_while_stopping
from impl.handlers import PROVIDED, Handler
from impl.request_context import RequestContext
from impl.services import Services
from impl.settings import Settings

CALLER = Caller(1, 10, "user", "free")


@pytest.fixture(name="services")
def _services(settings: Settings) -> Services:
    services: Services = create_flask(settings).extensions["bookplate"]
    return services


def handler_of(services: Services, function: Any) -> Handler:
    """Return a function as the handler of reading a book."""
    return Handler(services.contract.operations["get_book"], function, services)


def test_handler_gets_what_it_names(services: Services) -> None:
    """Parameters of the operation come from the request, services from the application, the rest from both."""

    def get_book(book_id: int, store: object, caller: Caller, here: Any, operation: Any) -> tuple[Any, ...]:
        return book_id, store, caller, here.path, here.base_path, operation.id

    request = RequestContext(path="/api/books/7", prefix="/library", caller=CALLER, arguments={"book_id": 7})
    given = handler_of(services, get_book).call(request)

    assert given == (7, services.store, CALLER, "/library/api/books/7", "/library/api", "get_book")


def test_parameter_goes_before_a_service_of_its_name(services: Services) -> None:
    """An operation may have a parameter that is called like a service."""
    handler = handler_of(services, lambda cache: cache)

    assert handler.call(RequestContext(arguments={"cache": "from the query"})) == "from the query"
    assert handler.call(RequestContext()) is services.cache


def test_what_follows_a_200_gets_what_it_names(services: Services) -> None:
    """The note after a 200 is given arguments as the handler is; without one nothing happens."""
    noted: list[tuple[int, object]] = []

    def note(book_id: int, views: object) -> None:
        noted.append((book_id, views))

    @after_each_200(note)
    def get_book() -> None: ...

    request = RequestContext(arguments={"book_id": 7})
    handler_of(services, get_book).note_200(request)
    handler_of(services, lambda: None).note_200(request)

    assert noted == [(7, services.views)]


def test_note_that_takes_what_nobody_declares_stops_the_start(services: Services) -> None:
    """The parameters of the note are held to the same as those of its handler."""

    @after_each_200(lambda shelf: None)
    def get_book() -> None: ...

    with pytest.raises(ContractError, match="shelf"):
        handler_of(services, get_book)


def test_marks_add_up() -> None:
    """A handler may say several things of itself."""

    @needs_no_thread
    @refused_while_stopping
    def handler() -> None: ...

    marks = marks_of(handler)
    assert (marks.is_threadless, marks.is_refused_while_stopping, marks.shows) == (True, True, ())


def test_no_service_has_the_name_of_something_else() -> None:
    """What is made for each request is no service, so that a name says one thing."""
    assert not PROVIDED.keys() & {field.name for field in fields(Services)}
