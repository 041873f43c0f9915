"""What a write has made is known by what it is, and the requests that use it bring it along."""

import json
from typing import Any

import pytest

from bookplate.wire.exchange import Exchange
from bookplate.wire.made import Makers, made_in, uses

LONG = "5b999ee0-163c-4943"


def exchange(method: str, path: str, sent: Any = None, answer: Any = None, **fields: str) -> Exchange:
    status = 201 if method == "POST" else 200
    headers = [("content-type", "application/json"), *((name, value) for name, value in fields.items())]
    body = json.dumps(sent).encode() if sent is not None else b""
    return Exchange("x", method, f"http://h{path}", [], body, status, headers, json.dumps(answer).encode())


def test_what_was_sent_is_not_made() -> None:
    answer = exchange("POST", "/books", {"title": "Dawn"}, {"id": 7, "title": "Dawn", "parts": [{"id": 8}]}, etag='"a"')

    assert [(each.place, each.value) for each in made_in(answer)] == [("/id", 7), ("/parts/0/id", 8), ("etag", '"a"')]


def test_the_last_of_a_location_is_made() -> None:
    answer = exchange("POST", "/books", {}, None, location="http://h/books/a%20b?x=1")

    assert [(each.place, each.text) for each in made_in(answer)] == [("location", "a b")]


@pytest.mark.parametrize(
    ("path", "text", "is_used"),
    [
        ("/books/7", "7", True),
        ("/books/7/parts", "7", True),
        ("/books/70", "7", False),
        ("/users/7", "7", False),
        ("/books?page=7", "7", False),
        (f"/users/{LONG}", LONG, True),
        (f"/users?of={LONG}", LONG, True),
    ],
)
def test_a_short_text_is_used_behind_the_path_of_its_maker(path: str, text: str, is_used: bool) -> None:
    maker = exchange("POST", "/books", {}, {"id": text})

    assert uses(exchange("GET", path), text, maker) is is_used


def test_makers_come_before_what_uses_them_in_their_order() -> None:
    makers = Makers()
    shelf = exchange("POST", "/shelves", {}, {"id": LONG})
    other = exchange("POST", "/shelves", {}, {"id": "another-shelf-that-nobody-uses"})
    book = exchange("POST", "/books", {"shelf": LONG}, {"id": 7, "copies": 1})
    listed = exchange("GET", "/books", None, [{"id": 7, "by": "somebody-of-the-list"}])
    last = exchange("GET", "/books/7")
    for each in (shelf, other, book, listed):
        makers.note(each)

    assert makers.before([last]) == (shelf, book, last)
    assert makers.before([exchange("GET", "/books/1")])[:-1] == ()


def test_a_secret_is_nothing_that_is_made() -> None:
    makers = Makers()
    makers.note(exchange("POST", "/tokens", {}, {"token": LONG}), secrets=[LONG])

    assert makers.before([exchange("GET", f"/books/{LONG}")])[:-1] == ()
