"""The readings of text: what is JSON, what is an integer, a boolean or a known parameter."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impl.contract.contract import Contract
from impl.contract.json_text import parse_json
from impl.contract.parameters import ParameterValidator
from impl.contract.validators import ContentValidator
from impl.problems import InvalidParameter, MalformedContent

GOOD = {
    b"1": 1,
    b"-0": 0,
    b"1.5": 1.5,
    b"1e2": 100.0,
    b' {"a": [1, null, true]} ': {"a": [1, None, True]},
    '"ü"'.encode(): "ü",
    b'"\\u00fc"': "ü",
    b'"\\ud83d\\ude00"': "\U0001f600",
    b'"\\\\u0000"': "\\u0000",
    b'"\\\\ud800"': "\\ud800",
    b"[[[[[]]]]]": [[[[[]]]]],
    b'{"a": {"b": 1}, "b": {"b": 2}}': {"a": {"b": 1}, "b": {"b": 2}},
    b"999999999999999999": 999999999999999999,
}
BAD = {
    "nothing": b"",
    "white space": b" ",
    "word": b"nope",
    "unfinished": b'{"a": 1',
    "comma at the end": b"[1,]",
    "leading zero": b"01",
    "plus sign": b"+1",
    "no digit before the point": b".5",
    "no digit after the point": b"1.",
    "hexadecimal": b"0x1",
    "two values": b"1 2",
    "single quotes": b"'a'",
    "name without quotes": b"{a: 1}",
    "NaN": b"NaN",
    "Infinity": b"[Infinity]",
    "negative Infinity": b'{"a": -Infinity}',
    "past every double": b"1e400",
    "past every double, negative": b"-1e400",
    "same name": b'{"a": 1, "a": 1}',
    "same name within": b'[{"a": {"b": 1, "b": 2}}]',
    "same name by escape": b'{"a": 1, "\\u0061": 2}',
    "escaped NUL": b'"\\u0000"',
    "escaped NUL in a name": b'{"\\u0000": 1}',
    "escaped NUL deep within": b'[[[["a\\u0000b"]]]]',
    "lone high surrogate": b'"\\ud800"',
    "lone low surrogate": b'"\\udfff"',
    "lone surrogate in capitals": b'"\\uD800"',
    "surrogates reversed": b'"\\ude00\\ud83d"',
    "lone surrogate in a name": b'{"\\ud800": 1}',
    "raw control character": b'"a\x01b"',
    "raw NUL": b'"\x00"',
    "NUL after the text": b"1\x00",
    "byte order mark": b"\xef\xbb\xbf1",
    "UTF-16": "1".encode("utf-16"),
    "UTF-32": "1".encode("utf-32"),
    "latin-1": b'"\xfc"',
    "surrogate in UTF-8": b'"\xed\xa0\x80"',
    "overlong UTF-8": b'"\xc0\x80"',
    "20,000 arrays": b"[" * 20000 + b"]" * 20000,
    "20,000 objects": b'{"a":' * 20000 + b"1" + b"}" * 20000,
    "no end of 60,000 arrays": b"[" * 60000,
}


@pytest.mark.parametrize("text", GOOD, ids=str)
def test_json_is_read(text: bytes) -> None:
    """A JSON text is read as what it says."""
    assert parse_json(text) == GOOD[text]


@pytest.mark.parametrize("name", BAD)
def test_anything_else_is_malformed(name: str) -> None:
    """What is no JSON text, or says a thing twice, or nothing a text can hold, is malformed."""
    with pytest.raises(MalformedContent):
        parse_json(BAD[name])


@pytest.mark.parametrize("text", [b"9" * 19, b"-" + b"9" * 5000, b"9" * 60000], ids=len)
def test_long_integers_cost_nothing(text: bytes) -> None:
    """An integer of any length is read at once, as a number that no schema admits."""
    value = parse_json(text)

    assert abs(value) > 2**53
    assert (value < 0) == text.startswith(b"-")


readable = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(leaves | readable, lambda inner: st.lists(inner) | st.dictionaries(readable, inner))


@given(json_values)
@settings(derandomize=True, database=None, deadline=None, max_examples=150)
def test_json_round_trips(value: Any) -> None:
    """What was written as JSON, with escapes or without, is read as it was."""
    assert parse_json(json.dumps(value).encode()) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=60))
@settings(derandomize=True, database=None, deadline=None, max_examples=300)
def test_bytes_never_crash(content: bytes) -> None:
    """Any bytes at all are either JSON or malformed."""
    with contextlib.suppress(MalformedContent):
        parse_json(content)


def read(contract: Contract, query: str, operation: str = "list_books") -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the query of an operation."""
    validator = ParameterValidator(contract.operations[operation])
    return validator.read({}, query.encode(), [])


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("", "page", 1),
        ("page=7", "page", 7),
        ("page=2147483647", "page", 2147483647),
        ("per_page=100", "per_page", 100),
        ("nocache=true", "nocache", True),
        ("nocache=false", "nocache", False),
        ("author=J%C3%BCrgen+A%26B", "author", "Jürgen A&B"),
        ("author=%E2%80%98x%E2%80%99", "author", "‘x’"),
        ("author=null", "author", "null"),
        ("author=1", "author", "1"),
        ("sort=-title", "sort", "-title"),
        ("", "sort", None),
        ("&&page=3&", "page", 3),
    ],
)
def test_parameter_is_read(contract: Contract, query: str, name: str, value: object) -> None:
    """A parameter is read as its type says, and absent ones have their default."""
    arguments, _ = read(contract, query)

    assert arguments[name] == value
    assert type(arguments[name]) is type(value)


NO_INTEGERS = [
    "",
    "1_0",
    "%2B2",
    "+2",
    "%202",
    "2%20",
    "2%0A",
    "%D9%A3",
    "02",
    "-0",
    "--1",
    "1.0",
    "1e1",
    "0x1",
    "null",
    "true",
]
OUT_OF_RANGE = ["0", "-1", "2147483648", "9" * 19, "9" * 30, "9" * 5000]
NO_BOOLEANS = ["", "TRUE", "True", "1", "0", "yes", "null", "true%20"]


@pytest.mark.parametrize(
    ("pointer", "query"),
    [
        *(("/query/page", f"page={text}") for text in [*NO_INTEGERS, *OUT_OF_RANGE]),
        *(("/query/nocache", f"nocache={text}") for text in NO_BOOLEANS),
        ("/query/page", "page=1&page=2"),
        ("/query/page", "page=1&page=1"),
        ("/query/nope", "nope=1"),
        ("/query/a~1b~0c", "a/b~c=1"),
        ("/query/Page", "Page=1"),
        ("/query/", "=1"),
        ("/query/author", f"author={'x' * 101}"),
        ("/query/author", "author="),
        ("/query/author", "author=%00"),
        ("/query/sort", "sort=-isbn"),
    ],
)
def test_parameter_is_refused(contract: Contract, pointer: str, query: str) -> None:
    """A parameter of another type, out of range, unknown or repeated is refused by its pointer."""
    with pytest.raises(InvalidParameter) as caught:
        read(contract, query)

    assert {fault["pointer"] for fault in caught.value.faults} == {pointer}


def test_every_bad_parameter_is_named(contract: Contract) -> None:
    """All parameters that are wrong are named at once."""
    with pytest.raises(InvalidParameter) as caught:
        read(contract, "page=0&per_page=0&nope=1&sort=x")

    assert {fault["pointer"] for fault in caught.value.faults} == {
        f"/query/{name}" for name in ("page", "per_page", "nope", "sort")
    }


def test_query_has_one_order_and_no_bypass(contract: Contract) -> None:
    """The query that links repeat has the document's order and leaves the cache's bypass out."""
    _, query = read(contract, "sort=title&nocache=true&per_page=5&page=2")

    assert list(query.items()) == [("page", 2), ("per_page", 5), ("sort", "title")]


def test_faults_point_at_what_is_wrong(contract: Contract) -> None:
    """Each fault of some content points at its member."""
    validator = ContentValidator(contract, {"$ref": "#/components/schemas/BookInput"})
    faults = validator.faults({"title": "", "price": 1, "nope": 1, "a/b~c": 1})

    assert {(each["pointer"], each["code"]) for each in faults} >= {
        ("/author", "required"),
        ("/nope", "unknown_member"),
        ("/a~1b~0c", "unknown_member"),
        ("/price", "type"),
        ("/title", "min_length"),
    }
