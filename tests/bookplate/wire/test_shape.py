"""The shape of an error: equal for one mistake whatever was sent, and different for two."""

import json
from typing import Any

import pytest

from bookplate.wire.exchange import Exchange
from bookplate.wire.shape import says_something, shape_of, telling

JSON = "application/json"
TRACE = "Traceback (most recent call last):\n  File \"app.py\", line {}, in get\n    raise KeyError(name)\nKeyError: 'colour'\n"


def answer(body: str, media_type: str = JSON, sent: Any = None, query: str = "") -> Exchange:
    content = b"" if sent is None else json.dumps(sent).encode()
    url = f"http://127.0.0.1:1/boxes/17{query}"
    return Exchange(None, "PUT", url, [], content, 500, [("content-type", media_type)], body.encode())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (answer('{"error": "no box 17", "id": "a1b2-c3"}'), answer('{"error": "no box 99", "id": "ff00-17"}')),
        (
            answer('{"error": "cannot store \'zebra\'"}', sent={"name": "zebra"}),
            answer('{"error": "cannot store \'gnu\'"}', sent={"name": "gnu"}),
        ),
        (
            answer('{"error": "cannot read zebra"}', query="?name=zebra"),
            answer('{"error": "cannot read giraffe"}', query="?name=giraffe"),
        ),
        (answer(TRACE.format(7), "text/plain"), answer(TRACE.format(812), "text/plain")),
        (
            answer("<html><title>KeyError at /boxes/1</title><p>17:03", "text/html"),
            answer("<html><title>KeyError at /boxes/2</title><p>18:55", "text/html"),
        ),
        (answer("the box at 0x7f00aa is full\nmore", "text/plain"), answer("the box at 0x12 is full", "text/plain")),
    ],
    ids=["numbers", "quoted", "query", "trace", "page", "text"],
)
def test_values_make_no_difference(one: Exchange, other: Exchange) -> None:
    assert shape_of(one) == shape_of(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"error": "no such column: colour"}', '{"error": "no such column: size"}'),
        ('{"error": "KeyError: \'colour\'"}', '{"error": "KeyError: \'size\'"}'),
        ('{"error": "full"}', '{"detail": "full"}'),
        ("[]", "{}"),
    ],
)
def test_two_messages_are_two_shapes(one: str, other: str) -> None:
    assert shape_of(answer(one)) != shape_of(answer(other))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"title": "Internal Server Error", "status": 500}', ""),
        ('{"error": "Something went wrong. Please try again later."}', ""),
        ("", ""),
        ('{"title": "Internal Server Error", "detail": "no such column: colour"}', "detail: no such column: colour"),
    ],
)
def test_what_is_said_beside_that_something_failed(body: str, told: str) -> None:
    shape = shape_of(answer(body))

    assert telling(shape) == told
    assert says_something(shape) is bool(told)


def test_long_content_is_looked_at_quickly() -> None:
    shape = shape_of(answer("a" * 1_000_000, "text/plain", sent={"name": "b" * 100_000}))

    assert 0 < len(shape) <= 200
