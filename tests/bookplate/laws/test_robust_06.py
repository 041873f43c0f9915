"""ROBUST-06 tries framing once for a server, at an operation that reads and at one that takes content."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.laws.verdict import NotExercised
from bookplate.wire.client import Client
from bookplate.wire.connection import Admission, Connection
from bookplate.wire.outcomes import NotChecked, Violation
from tests.bookplate.law_modules import law_module
from tests.fakes.wire_server import Answers, serving

LAW = law_module("ROBUST-06")
CONTENT = {"required": True, "content": {"application/json": {}}}
KEY: list[dict[str, list[str]]] = [{"key": []}]


def operation(name: str, **more: Any) -> dict[str, Any]:
    return {"operationId": name, "responses": {"200": {"description": "Done."}}, **more}


LAMPS = Document(
    Path("lamps.yaml"),
    {
        "openapi": "3.0.3",
        "info": {"title": "Lamps", "version": "1"},
        "paths": {
            "/lamps": {"get": operation("list_lamps"), "post": operation("make_lamp", requestBody=CONTENT)},
            "/rooms": {"get": operation("list_rooms"), "post": operation("make_room", requestBody=CONTENT)},
            "/sessions": {"post": operation("log_in", requestBody=CONTENT, **{"x-auth-role": {"role": "log-in"}})},
            "/locks": {"post": operation("make_lock", requestBody=CONTENT, security=KEY)},
            "/wishes": {"post": operation("make_wish")},
        },
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    },
    {},
)
TRIED = [each for each in LAMPS.operations if LAW.is_open(each)]


def line(status: str) -> bytes:
    # The connection ends after it: unsaid, a POST may be sent on it meanwhile, which nobody may send again.
    return f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def careful(request: bytes) -> Iterator[bytes | float]:
    """Serve a good GET, refuse all else, and close the connection."""
    is_good = request.startswith(b"GET") and b"Host: 127" in request and request.count(b"\r\n") == request.count(b"\n")
    is_good = is_good and not any(mark in request for mark in (b"Length", b"Transfer", b"X-Padding", b"other.example"))
    yield line("200 OK" if is_good else "400 Bad Request")


def reading_numbers(request: bytes) -> Iterator[bytes | float]:
    """Read content in the handlers of POST alone, where a length below zero is a crash."""
    if request.startswith(b"POST") and b"Content-Length: -5" in request:
        yield line("500 Oops")
    else:
        yield from careful(request)


def tried(answers: Answers, name: str, **connection: Any) -> None:
    with serving(answers) as url:
        client = Client(url, lambda exchange, operation: None, 5, Admission(Connection(**connection)))
        LAW.test_ambiguous_framing_is_refused(LAMPS.operation(name), TRIED, SimpleNamespace(client=client))
        client.close()


def test_it_applies_to_what_anybody_may_call_without_making_anything() -> None:
    assert [each.id for each in TRIED] == ["list_lamps", "make_lamp", "list_rooms", "make_room"]


@pytest.mark.parametrize("name", ["list_lamps", "make_lamp"])
def test_a_careful_server_passes(name: str) -> None:
    tried(careful, name)


def test_content_is_read_by_another_part_of_the_server() -> None:
    tried(reading_numbers, "list_lamps")

    with pytest.raises(Violation, match="a negative Content-Length: answered 500"):
        tried(reading_numbers, "make_lamp")


@pytest.mark.parametrize(("name", "first"), [("list_rooms", "list_lamps"), ("make_room", "make_lamp")])
def test_what_was_tried_at_one_operation_is_not_tried_at_others(name: str, first: str) -> None:
    with pytest.raises(NotExercised, match=first):
        tried(careful, name)


def test_nothing_is_sent_that_a_run_has_no_time_to_wait_for() -> None:
    """A server may take ten seconds to close a connection."""
    with pytest.raises(NotChecked, match="--time-budget leaves no"):
        tried(careful, "list_lamps", time_budget=1)
