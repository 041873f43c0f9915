"""Rows of the matrix about content: its framing, its media type, its JSON and its values."""

import json
from typing import Any

from ..wire import chunked, compose
from .raw_case import Case, signed

JSON = "Content-Type: application/json"
BOOK = {"title": "Dune", "author": "Frank Herbert", "price": "9.99"}
GOOD = json.dumps(BOOK).encode()
LIMIT = 65536
CHUNKED = "Transfer-Encoding: chunked"


def add(body: bytes | None, *fields: str) -> bytes:
    """Write a request that adds a book."""
    return signed("POST", "/api/books", *fields, body=body)


def malformed(name: str, body: bytes) -> Case:
    """Content that is no JSON text."""
    return Case(name, add(body, JSON), 400, "malformed_content")


def invalid(name: str, pointer: str, **members: Any) -> Case:
    """A JSON text that breaks the schema or a rule in one place."""
    return Case(name, add(json.dumps(BOOK | members).encode(), JSON), 422, "invalid_content", (), pointer)


def member(text: str) -> bytes:
    """Return a good book with one more member, written as it stands."""
    return GOOD[:-1] + f", {text}}}".encode()


def unsupported(name: str, *fields: str, body: bytes = GOOD) -> Case:
    """Content of a type that the operation does not take."""
    return Case(name, add(body, *fields), 415, "unsupported_media_type")


def accepted(name: str, *fields: str, body: bytes = GOOD) -> Case:
    """Content that is taken."""
    return Case(name, add(body, *fields), 201)


SYNTAX = [
    malformed("broken JSON", b"{"),
    malformed("single quotes", b"{'title': 'Dune'}"),
    malformed("comma at the end", GOOD[:-1] + b",}"),
    malformed("comment", GOOD + b"// good"),
    malformed("two texts", GOOD + GOOD),
    malformed("white space alone", b"  \n"),
    malformed("empty content", b""),
    malformed("UTF-8 byte order mark", b"\xef\xbb\xbf" + GOOD),
    malformed("UTF-16", GOOD.decode().encode("utf-16")),
    malformed("UTF-16 without a mark", GOOD.decode().encode("utf-16-le")),
    malformed("latin-1", b'{"title": "D\xfcne", "author": "a", "price": "9.99"}'),
    malformed("overlong UTF-8", b'{"title": "\xc0\xaf"}'),
    malformed("surrogate in UTF-8", b'{"title": "\xed\xa0\x80"}'),
    malformed("arrays nested 20,000 deep", b"[" * 20000 + b"]" * 20000),
    malformed("arrays nested 60,000 deep and never closed", b"[" * 60000),
    malformed("objects nested 5,000 deep", b'{"a":' * 5000 + b"1" + b"}" * 5000),
    malformed("NaN", member('"published_year": NaN')),
    malformed("Infinity", member('"published_year": Infinity')),
    malformed("negative Infinity", member('"published_year": -Infinity')),
    malformed("number past the range of doubles", member('"published_year": 1e400')),
    malformed("member twice", member('"title": "Dune"')),
    malformed("member twice, further in", b'{"title": {"a": 1, "a": 2}}'),
    malformed("member twice, once with an escape", member('"\\u0074itle": "Dune"')),
    malformed("escaped NUL", member('"genre": "\\u0000"')),
    malformed("escaped NUL in a name", member('"\\u0000": 1')),
    malformed("raw NUL", b'{"title": "\x00"}'),
    malformed("raw line feed in a string", b'{"title": "a\nb"}'),
    malformed("lone high surrogate", member('"genre": "\\ud800"')),
    malformed("lone low surrogate", member('"genre": "\\udc00"')),
    malformed("surrogates in the wrong order", member('"genre": "\\udc00\\ud800"')),
    malformed("lone surrogate in a name", member('"\\ud800": 1')),
    Case("no content and no media type", add(None), 400, "malformed_content"),
    accepted("pair of surrogates", JSON, body=b'{"title": "\\ud83d\\ude00", "author": "a", "price": "9.99"}'),
]

VALUES = [
    invalid("integer of 5,000 digits", "/published_year", published_year=int("9" * 4000)),
    Case(
        "integer of 5,000 digits, as text", add(member('"published_year": ' + "9" * 5000), JSON), 422, "invalid_content"
    ),
    invalid("integer with a fraction", "/published_year", published_year=1999.9),
    invalid("integer as a string", "/published_year", published_year="1999"),
    invalid("integer as a boolean", "/published_year", published_year=True),
    invalid("decimal as a number", "/price", price=9.99),
    invalid("decimal with three places", "/price", price="9.999"),
    invalid("decimal with Arabic digits", "/price", price="٩.٩٩"),
    invalid("decimal with a line feed", "/price", price="9.99\n"),
    invalid("decimal below zero", "/price", price="-1.00"),
    invalid("ISBN with a wrong check digit", "/isbn", isbn="978-0-441-17271-8"),
    invalid("ISBN of zeros with a wrong length", "/isbn", isbn="00000000000000"),
    invalid("ISBN in Arabic digits", "/isbn", isbn="٠٤٤١١٧٢٧١٧"),
    invalid("ISBN with a line feed", "/isbn", isbn="0441172717\n"),
    invalid("title of white space", "/title", title=" "),
    invalid("title with a bidirectional override", "/title", title="a\u202eb"),
    invalid("title of 201 characters", "/title", title="x" * 201),
    invalid("title null", "/title", title=None),
    invalid("unknown member", "/nope", nope=1),
    invalid("server-owned id", "/id", id=7),
    invalid("server-owned owner", "/owner_id", owner_id=7),
    Case("null", add(b"null", JSON), 422, "invalid_content"),
    Case("array", add(b"[]", JSON), 422, "invalid_content"),
    Case("string", add(b'"Dune"', JSON), 422, "invalid_content"),
]

TYPES = [
    accepted("charset utf-8", "Content-Type: application/json; charset=utf-8"),
    accepted("charset UTF-8 in quotes", 'Content-Type: application/json;charset="UTF-8"'),
    accepted("media type in capitals", "Content-Type: Application/JSON"),
    unsupported("no media type"),
    unsupported("two media types", JSON, JSON),
    unsupported("two media types in one field", "Content-Type: application/json, text/plain"),
    unsupported("empty media type", "Content-Type: "),
    unsupported("no media type at all", "Content-Type: garbage"),
    unsupported("plain text", "Content-Type: text/plain"),
    unsupported("any media type", "Content-Type: */*"),
    unsupported("merge patch where JSON is wanted", "Content-Type: application/merge-patch+json"),
    unsupported("another JSON type", "Content-Type: application/vnd.api+json"),
    unsupported("form", "Content-Type: application/x-www-form-urlencoded", body=b"title=Dune"),
    unsupported("multipart form", "Content-Type: multipart/form-data; boundary=x", body=b"--x--"),
    unsupported("charset latin-1", "Content-Type: application/json; charset=latin-1"),
    unsupported(
        "charset utf-16", "Content-Type: application/json; charset=utf-16", body=GOOD.decode().encode("utf-16")
    ),
    unsupported("charset that nobody knows", "Content-Type: application/json; charset=nope"),
    unsupported("gzip", JSON, "Content-Encoding: gzip"),
    unsupported("deflate", JSON, "Content-Encoding: deflate", body=b""),
    unsupported("empty content of another type", "Content-Type: text/plain", body=b""),
    Case(
        "JSON where a merge patch is wanted",
        signed("PATCH", "/api/books/1", JSON, body=b"{}"),
        415,
        "unsupported_media_type",
    ),
    Case("content on a read is ignored", compose("GET", "/api/books", "Content-Type: text/plain", body=b"x"), 200),
]

SIZES = [
    accepted("content of 64 KiB", JSON, body=GOOD.ljust(LIMIT)),
    accepted("content of 64 KiB in chunks", JSON, CHUNKED, body=chunked(GOOD.ljust(LIMIT))),
    Case("64 KiB and a byte, by length", add(GOOD.ljust(LIMIT + 1), JSON), 413, "content_too_large"),
    Case("64 KiB and a byte, in chunks", add(chunked(GOOD.ljust(LIMIT + 1)), JSON, CHUNKED), 413, "content_too_large"),
    Case("length alone, nothing sent", add(b"", JSON, f"Content-Length: {LIMIT + 1}"), 413, "content_too_large"),
    Case("length of 20 digits", add(b"", JSON, f"Content-Length: {'9' * 20}"), 413, "content_too_large"),
    Case(
        "waiting for 100, too large",
        add(b"", JSON, "Expect: 100-continue", "Content-Length: 99999"),
        413,
        "content_too_large",
    ),
    Case("large content on a read", compose("GET", "/api/books", "Content-Length: 70000"), 413, "content_too_large"),
]

CASES = [*SYNTAX, *VALUES, *TYPES, *SIZES]
