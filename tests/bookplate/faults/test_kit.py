"""What a fault leaves alone reaches the application as it came."""

from typing import Any

from bookplate.faults.kit import Request

SCOPE: dict[str, Any] = {
    "method": "GET",
    "path": "/a/b",
    "raw_path": b"/a%2Fb",
    "query_string": b"genre=poetry&genre=fiction&page=1",
    "headers": [(b"accept", b"text/html"), (b"accept", b"application/json"), (b"content-length", b"2")],
    "client": ("127.0.0.1", 1),
    "http_version": "1.1",
}


def request(body: bytes = b"{}") -> Request:
    return Request(SCOPE, body, {})


def test_a_request_that_nothing_has_changed_is_the_same() -> None:
    assert request().scope(SCOPE) == SCOPE


def test_a_query_that_is_changed_or_set_anew_has_each_name_once() -> None:
    changed, same = request(), request()
    changed.query["page"] = "2"
    same.query = dict(same.query)

    assert changed.scope(SCOPE) == SCOPE | {"query_string": b"genre=fiction&page=2"}
    assert same.scope(SCOPE) == SCOPE | {"query_string": b"genre=fiction&page=1"}


def test_a_field_that_is_changed_leaves_query_and_path_alone() -> None:
    bent = request()
    bent.headers["accept"] = "*/*"

    assert bent.scope(SCOPE) == SCOPE | {"headers": [(b"accept", b"*/*"), (b"content-length", b"2")]}


def test_content_that_is_changed_has_its_length() -> None:
    bent = request()
    bent.body = b"[1, 2]"

    assert (b"content-length", b"6") in bent.scope(SCOPE)["headers"]


def test_a_path_that_is_changed_is_encoded_anew() -> None:
    bent = request()
    bent.path = "/c"

    assert bent.scope(SCOPE) == SCOPE | {"path": "/c", "raw_path": b"/c"}
