"""Redirects lead where RFC 9110, section 15.4, says, and never away from their origin."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from bookplate.contract.document import Document
from bookplate.wire.client import Client
from bookplate.wire.exchange import Exchange
from bookplate.wire.outcomes import NotChecked
from bookplate.wire.redirects import Onward, redirected
from tests.fakes import FOLDER
from tests.fakes.wire_server import Answers, serving

HERE = "http://127.0.0.1:8000/shelves/7"
SENT = [("Authorization", "Bearer of-somebody"), ("Content-Type", "application/json")]


def moved(status: int, location: str = "/racks/7", method: str = "POST") -> Exchange:
    return Exchange("any", method, HERE, SENT, b"{}", status, [("location", location)], b"")


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_some_redirects_keep_method_and_content(status: int, method: str) -> None:
    assert redirected(moved(status, method=method)) == Onward(method, "http://127.0.0.1:8000/racks/7", SENT, b"{}")


@pytest.mark.parametrize("status", [301, 302, 303])
def test_others_turn_a_post_into_a_get_without_content(status: int) -> None:
    assert redirected(moved(status)) == Onward("GET", "http://127.0.0.1:8000/racks/7", SENT[:1], b"")


@pytest.mark.parametrize(("status", "method"), [(301, "PUT"), (302, "DELETE"), (302, "GET"), (303, "HEAD")])
def test_all_else_keeps_its_method(status: int, method: str) -> None:
    onward = redirected(moved(status, method=method))

    assert onward is not None
    assert onward.method == method


def test_see_other_turns_a_put_into_a_get() -> None:
    onward = redirected(moved(303, method="PUT"))

    assert onward is not None
    assert onward.method == "GET"


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("8", "http://127.0.0.1:8000/shelves/8"),
        ("?page=2", "http://127.0.0.1:8000/shelves/7?page=2"),
        ("//127.0.0.1:8000/a", "http://127.0.0.1:8000/a"),
    ],
)
def test_a_location_is_relative_to_what_was_asked_for(location: str, url: str) -> None:
    onward = redirected(moved(307, location))

    assert onward is not None
    assert onward.url == url


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:8001/a",
        "https://127.0.0.1:8000/a",
        "http://127.0.0.2:8000/a",
        "//service.example/a",
        "mailto:x@y",
    ],
)
def test_a_redirect_to_another_origin_is_not_followed(location: str) -> None:
    assert redirected(moved(307, location)) is None


@pytest.mark.parametrize("status", [200, 201, 300, 304, 305, 404])
def test_other_answers_with_a_location_are_no_redirects(status: int) -> None:
    assert redirected(moved(status)) is None


def test_a_redirect_without_a_location_leads_nowhere() -> None:
    assert redirected(replace(moved(307), headers=[])) is None


def redirecting(*places: str) -> Answers:
    """Redirect each of these paths to the next one, and the last one nowhere."""
    onward = dict(pairwise(places))

    def answers(request: bytes) -> Iterator[bytes | float]:
        path = request.split(b" ", 2)[1].decode()
        if path in onward:
            yield f"HTTP/1.1 307 Elsewhere\r\nLocation: {onward[path]}\r\nContent-Length: 0\r\n\r\n".encode()
        else:
            yield b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nhere"

    return answers


def called(answers: Answers, *, wait: bool = True) -> tuple[Exchange, list[int]]:
    """Call an operation that documents no redirect; return its answer and every status that was seen."""
    operation = Document.load(FOLDER / "toy.yaml").operations[0]
    seen: list[int] = []
    with serving(answers) as url:
        client = Client(url, lambda exchange, operation: seen.append(exchange.status), 0)
        try:
            return client.call(replace(operation, path="/notes", method="GET"), wait=wait), seen
        finally:
            client.close()


def test_an_undocumented_redirect_is_shown_and_followed() -> None:
    answer, seen = called(redirecting("/notes", "/notes/", "/notes/all"))

    assert answer.body == b"here"
    assert seen == [307, 307, 200]


def test_a_caller_that_counts_requests_is_not_redirected() -> None:
    answer, seen = called(redirecting("/notes", "/notes/"), wait=False)

    assert answer.status == 307
    assert seen == [307]


def test_a_loop_of_redirects_leaves_a_law_unchecked() -> None:
    with pytest.raises(NotChecked, match="redirected more than 5 times"):
        called(redirecting("/notes", "/a", "/notes"))
