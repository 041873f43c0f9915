"""Values are said as people read them, and what Python writes is noticed."""

import datetime
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from bookplate.laws import expect
from bookplate.laws.words import asked, listed, said, written_by_python
from bookplate.wire.outcomes import Violation


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (1.5, "1.5"),
        (Decimal("9.90"), "9.90"),
        ("Dune", '"Dune"'),
        ("two\nlines", '"two\\nlines"'),
        ('W/"tag"', 'W/"tag"'),
        (b"ab\xff", '"ab\\\\xff"'),
        ([], "none"),
        (set(), "none"),
        ([1, 2, 3], "1, 2 and 3"),
        ({3, 1}, "1 and 3"),
        ({"b", 1}, '1 and "b"'),
        ((1, [2, 3]), "1 and 2 and 3"),
        ({"a": None, "b": "x"}, 'a: nothing and b: "x"'),
        (Counter(a=2), "a: 2"),
        (range(3), "range(0, 3)"),
        (list(range(9)), "0, 1, 2, 3, 4, 5, 6 and 2 more"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC), "2026-01-02T03:00:00+00:00"),
    ],
)
def test_a_value_is_said_as_people_read_it(value: Any, words: str) -> None:
    assert said(value) == words


RARE = [
    b"x",
    Counter("ab"),
    frozenset({1}),
    Decimal(3),
    datetime.date(2026, 1, 2),
    object(),
    {1: 2}.keys(),
    {"x": None},
]


@pytest.mark.parametrize(
    "value",
    [None, True, [], ["a"], [1, 2], [("a", 1)], {3}, {"a"}, set(), {}, {"a": 1}, (1, 2), ("a", "b"), (1,), *RARE],
)
def test_what_python_writes_is_noticed_and_what_is_said_is_not(value: Any) -> None:
    assert written_by_python(f"never visited: {value!r}; and so on")
    assert not written_by_python(f"never visited: {said(value)}" if type(value) is not object else "")


@pytest.mark.parametrize(
    "text",
    [
        "PUT /books/{book_id} with ${TOKEN_A} answered 200",
        'the content {"a": null, "b": [1, 2]} is quoted: "[1, 2]"',
        "If-None-Match: * and 'None' as a name",
        "nobody's item is at http://[::1]:8000 (RFC 9110, section 8.4)",
        "b's pages, true and false",
        "item 2 is on pages 1 and 2, item 3 is on none",
    ],
)
def test_plain_sentences_are_not_taken_for_python(text: str) -> None:
    assert written_by_python(text.replace('{"a": null, "b": [1, 2]}', "")) == ""


def test_words_are_listed() -> None:
    assert [listed(words) for words in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == [
        "none",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert listed(list("abcdef"), most=3) == "a, b and 4 more"


def test_the_letters_of_a_text_are_no_words() -> None:
    with pytest.raises(TypeError, match="a list of words is needed"):
        listed("403, 404")


def test_a_query_is_said_without_signs_of_python() -> None:
    assert asked({"label": "Tie b", "state": ["draft", "sent"], "n": 3}) == "label=Tie b & state=draft,sent & n=3"


def test_what_should_equal_something_says_both() -> None:
    with pytest.raises(Violation) as caught:
        expect.equal({1, 3}, {1, 2}, what="the page shows the items")
    assert caught.value.observed == "the page shows the items: 1 and 3, not 1 and 2"

    with pytest.raises(Violation) as caught:
        expect.equal([2], [], what="items that should not be there")
    assert (caught.value.observed, caught.value.expected) == ("items that should not be there: 2", "none")
