"""Content: how its codings are undone, what is JSON, and why something cannot be read."""

import gzip
import zlib

import pytest

from bookplate.wire import content
from bookplate.wire.content import Content, decoded, parse_json, read, repeated_names, unreadable

TEXT = b'{"name": "amber"}'


def compressed(content: bytes) -> bytes:
    """Return content as gzip has it, without the time of day, which would be another one in each process of pytest."""
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", compressed(TEXT)),
        ("x-gzip", compressed(TEXT)),
        ("GZip", compressed(TEXT)),
        ("gzip", compressed(TEXT[:5]) + compressed(TEXT[5:])),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)[2:-4]),
        ("deflate, gzip", compressed(zlib.compress(TEXT))),
    ],
)
def test_codings_are_undone_the_last_one_first(coding: str, body: bytes) -> None:
    assert decoded(body, coding) == Content(TEXT)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("body", [TEXT, compressed(TEXT)[:-9], zlib.compress(TEXT)[:-5]])
def test_content_that_is_not_in_its_coding_has_a_flaw_and_stays_as_it_came(coding: str, body: bytes) -> None:
    found = decoded(body, coding)

    assert found.body == body
    assert found.flaw.startswith(f"Content-Encoding is {coding}, and the content is not: ")


def test_a_coding_that_was_not_asked_for_is_no_flaw() -> None:
    assert decoded(TEXT, "zstd") == Content(TEXT, unread="its content coding zstd was not asked for")


def test_content_that_grows_beyond_bounds_is_not_decoded_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "MOST_BYTES", 1000)
    bomb = compressed(b"\0" * 1_000_000)

    assert decoded(bomb, "gzip") == Content(bomb, unread="it has more than 1000 bytes once it is decoded")


def test_content_is_read_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "MOST_BYTES", 10)

    found = read(iter([b"12345678", b"12345678", b"12345678"]), "", seconds=10, ended_early=())

    assert found == Content(b"1234567812345678", unread="it has more than 10 bytes")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"null", None),
        (b"\xef\xbb\xbf[1]", [1]),
        (b'"\\ud83d"', "\ud83d"),
        (b"1e400", float("inf")),
        (b'{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_what_the_grammar_of_json_allows_is_read(text: bytes, value: object) -> None:
    assert parse_json(text) == value


def test_a_whole_number_of_any_length_is_read() -> None:
    assert parse_json(b"9" * 20_000) > 10**100


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"[NaN]", "NaN is no JSON"),
        (b"[Infinity]", "Infinity is no JSON"),
        (b"[-Infinity]", "-Infinity is no JSON"),
        (b'"\xff"', "it is not UTF-8: byte 1 is 0xff"),
        ('"ü"'.encode("latin-1"), "it is not UTF-8: byte 1 is 0xfc"),
        (b"{'a': 1}", "Expecting property name"),
        (b"[1", "Expecting"),
    ],
)
def test_what_the_grammar_of_json_forbids_is_no_json(text: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_json(text)


def test_only_content_that_says_it_is_json_has_to_be() -> None:
    assert unreadable(Content(b"NaN"), "text/plain") == ""
    assert unreadable(Content(b""), "application/json") == ""
    assert (
        unreadable(Content(b"NaN"), "application/problem+json") == "application/problem+json is no JSON: NaN is no JSON"
    )


def test_json_that_is_nested_too_deeply_is_not_judged() -> None:
    assert unreadable(Content(b"[" * 200_000 + b"]" * 200_000), "application/json") == ""


def test_content_that_was_not_read_is_not_judged() -> None:
    assert unreadable(Content(b"[1, 2", unread="it was too long"), "application/json") == ""


def test_names_are_repeated_within_one_object_alone() -> None:
    assert repeated_names(b'{"a": {"b": 1, "b": 2}, "b": [{"a": 1}, {"a": 1}]}') == ["b"]
