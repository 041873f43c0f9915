"""The search for the smallest request: what is left is needed, and no more is sent than a bound allows."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from bookplate.smallest.parts import Parts
from bookplate.smallest.search import Search, Spent
from bookplate.wire.exchange import Exchange

CONTENT = {
    "title": "Ünïcode \u0007 title",
    "copies": 4711,
    "weight": 12.75,
    "tags": [{"name": "x", "since": -93}, {"name": "\u00e9\u00e9\u00e9y", "note": {"deep": [1, 2, 3]}}, {}],
    "is_new": True,
}
URL = "http://h/books?year=1832&q=%C3%A9%20xyz&flag&sort=name"
HEADERS = [("X-One", "12"), ("X-Two", "words"), ("Cookie", "a=1; b=2"), ("Content-Type", "application/json")]


def start(content: Any = CONTENT, url: str = URL) -> Parts:
    body = b"" if content is None else json.dumps(content).encode()
    return Parts.of(Exchange("op", "POST", url, HEADERS, body, 500, [], b""))


def smallest(shows: Callable[[Parts], bool], of: Parts | None = None, most: int = 400) -> Parts:
    search = Search(of or start(), bounded(shows, most))
    search.run()
    assert search.is_finished, search.stopped
    return search.best


def bounded(shows: Callable[[Parts], bool], most: int) -> Callable[[Parts], bool]:
    """Return what tells whether a request shows a failure, and sends no request twice."""
    known: dict[Any, bool] = {}

    def asked(parts: Parts) -> bool:
        wire = parts.wire()
        if wire not in known:
            if len(known) >= most:
                raise Spent(f"{most} requests")
            known[wire] = shows(parts)
        return known[wire]

    return asked


def queried(parts: Parts) -> dict[str, str]:
    return {pair.plain_name: pair.text for pair in parts.tree["query"]}


def content(parts: Parts) -> Any:
    return parts.tree.get("content")


def tags(parts: Parts) -> list[Any]:
    sent = content(parts)
    return sent.get("tags", []) if isinstance(sent, dict) else []


@pytest.mark.parametrize(
    ("shows", "url", "headers", "left"),
    [
        (lambda parts: True, "http://h/books", [], None),
        (lambda parts: "year" in queried(parts), "http://h/books?year=0", [], None),
        (lambda parts: int(queried(parts).get("year", "0")) > 999, "http://h/books?year=1000", [], None),
        (lambda parts: "flag" in queried(parts), "http://h/books?flag", [], None),
        (lambda parts: len(queried(parts).get("q", "")) > 2, "http://h/books?q=aaa", [], None),
        (lambda parts: "x" in queried(parts).get("q", ""), "http://h/books?q=x", [], None),
        (lambda parts: {"flag", "sort"} <= queried(parts).keys(), "http://h/books?flag&sort=", [], None),
        (lambda parts: bool(parts.named("header", "x-two")), "http://h/books", [("X-Two", "")], None),
        (lambda parts: bool(parts.named("cookie", "b")), "http://h/books", [("Cookie", "b=0")], None),
        (lambda parts: any("note" in tag for tag in tags(parts)), "http://h/books", None, {"tags": [{"note": {}}]}),
        (lambda parts: any(tag.get("since", 0) < -20 for tag in tags(parts)), "http://h/books", None, {"tags": [{"since": -21}]}),
        (lambda parts: len(tags(parts)) > 1, "http://h/books", None, {"tags": [{}, {}]}),
        (
            lambda parts: isinstance(content(parts), dict) and content(parts).get("weight", 0) % 1 != 0,
            "http://h/books",
            None,
            {"weight": 12.75},
        ),
        (lambda parts: "year" in queried(parts) and len(tags(parts)) == 3, "http://h/books?year=0", None, {"tags": [{}, {}, {}]}),
    ],
)  # fmt: skip
def test_nothing_is_left_that_is_not_needed(
    shows: Callable[[Parts], bool], url: str, headers: list[tuple[str, str]] | None, left: Any
) -> None:
    best = smallest(shows)

    expected = [("Content-Type", "application/json")] if headers is None else headers
    assert (best.wire().url, list(best.wire().headers), content(best)) == (url, expected, left)
    smaller = [best.without([place]) for depth in range(1, best.depth + 1) for place in best.places(depth)]
    assert not any(map(shows, smaller))


def test_a_request_of_many_parts_takes_few_requests() -> None:
    many = "http://h/books?" + "&".join(f"p{number}={number}" for number in range(64))
    sent: list[Parts] = []

    def shows(parts: Parts) -> bool:
        sent.append(parts)
        return "p40" in queried(parts)

    assert queried(smallest(shows, start(None, many))) == {"p40": "0"}
    assert len(sent) < 40


def test_what_is_known_is_kept_where_nothing_more_may_be_sent() -> None:
    search = Search(start(), bounded(lambda parts: "year" in queried(parts), 4))
    search.run()

    assert not search.is_finished
    assert search.stopped == "4 requests"
    assert "year" in queried(search.best)
    assert search.best.size < start().size


def test_secrets_stay_as_they_are() -> None:
    search = Search(start(), lambda parts: "q" in queried(parts), lambda value: "xyz" in getattr(value, "text", ""))
    search.run()

    assert queried(search.best) == {"q": "é xyz"}
