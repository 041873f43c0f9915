"""What the law of HEAD and GET takes for a contradiction, and what it lets pass."""

import pytest

from bookplate.wire.exchange import Exchange

from ..law_modules import law_module

SAME = law_module("CACHE-07").SAME
differences = law_module("CACHE-07").differences


Headers = list[tuple[str, str]]
CONTENT = b'{"items": []}'
LENGTH = ("content-length", str(len(CONTENT)))


def answer(method: str, headers: Headers, body: bytes = b"") -> Exchange:
    """Make an exchange that was answered 200."""
    return Exchange("list_things", method, "http://127.0.0.1:1/things", [], b"", 200, headers, body)


def differing(get: Headers, head: Headers) -> list[str]:
    """Return the headers of HEAD that contradict those of GET."""
    found: list[str] = differences(answer("GET", get, CONTENT), answer("HEAD", head), list(SAME))
    return found


@pytest.mark.parametrize(
    ("get", "head"),
    [
        ([LENGTH], [LENGTH]),
        ([LENGTH], []),
        ([("transfer-encoding", "chunked")], [LENGTH]),
        ([("transfer-encoding", "chunked")], [("transfer-encoding", "chunked")]),
        ([("content-encoding", "gzip"), ("content-length", "99")], [LENGTH]),
    ],
    ids=["equal", "left out by HEAD", "GET in chunks", "both in chunks", "GET in a coding"],
)
def test_conformant_lengths_pass(get: Headers, head: Headers) -> None:
    """HEAD may leave the length out, and may say it where GET comes in chunks (RFC 9110, section 8.6)."""
    assert differing(get, head) == []


@pytest.mark.parametrize("get", [[LENGTH], [("transfer-encoding", "chunked")]], ids=["with a length", "in chunks"])
def test_wrong_length_is_found(get: Headers) -> None:
    """A length that GET does not have is a contradiction, whether GET says its own or not."""
    assert differing(get, [("content-length", "0")]) == ["content-length"]


def test_other_tag_is_found() -> None:
    """An ETag of its own is a contradiction."""
    assert differing([("etag", '"one"')], [("etag", '"empty"')]) == ["etag"]
