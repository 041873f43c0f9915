"""Where a request ends is never in doubt, or the connection ends with it: nothing that follows is served."""

import contextlib
import json
import re
import socket

import pytest

from ..people import Person, unused_name
from ..wire import Client, chunked, compose, connect

NEXT = compose("GET", "/api/health/live")
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
CHUNKED, LENGTH = "Transfer-Encoding: chunked", "Content-Length: 5"
ORIGIN = ("Origin: https://app.example.com", "Access-Control-Request-Method: GET")
LAST = b"0\r\n\r\n"


def post(*fields: str, body: bytes = LAST) -> bytes:
    """Write a POST with framing of its own."""
    return compose("POST", "/api/books", "Content-Type: application/json", *fields, body=body)


# Read as chunked, as RFC 9112 allows; the connection ends behind the answer, whichever layer gives it.
BOTH = {
    "length first": post(LENGTH, CHUNKED),
    "chunked first": post(CHUNKED, LENGTH),
    "a length of 0": post("Content-Length: 0", CHUNKED),
    "a length that is right": post("Content-Length: 5", CHUNKED, body=LAST),
    "the next request as content": post(f"Content-Length: {len(LAST + NEXT)}", CHUNKED),
    "capitals": post("CONTENT-LENGTH: 5", "TRANSFER-ENCODING: Chunked"),
    "a read": compose("GET", "/api/books", LENGTH, CHUNKED, body=LAST),
    "a page": compose("GET", "/", LENGTH, CHUNKED, "Accept: text/html", body=LAST),
    "an unknown path": compose("GET", "/api/nothing", LENGTH, CHUNKED, body=LAST),
    "a preflight": compose("OPTIONS", "/api/books", LENGTH, CHUNKED, *ORIGIN, body=LAST),
    "too long a target": compose("GET", f"/api/books?{'a' * 9000}", LENGTH, CHUNKED, body=LAST),
    "too large a content": post("Content-Length: 70000", CHUNKED),
}
# What no reading makes right: the parser's 400.
BAD = {
    "two lengths": post(LENGTH, "Content-Length: 6", body=b"hello"),
    "two lengths in one field": post("Content-Length: 5, 6", body=b"hello"),
    "a length with a sign": post("Content-Length: +5", body=b"hello"),
    "a negative length": post("Content-Length: -5", body=b"hello"),
    "a length with a space in it": post("Content-Length: 5 0", body=b"hello"),
    "a length in hexadecimal": post("Content-Length: 0x5", body=b"hello"),
    "an empty length": post("Content-Length: ", body=b"hello"),
    "a length of 40 digits": post(f"Content-Length: {'9' * 40}", body=b"hello"),
    "gzip": post("Transfer-Encoding: gzip"),
    "chunked, but not last": post("Transfer-Encoding: chunked, gzip"),
    "gzip before chunked": post("Transfer-Encoding: gzip, chunked"),
    "identity": post("Transfer-Encoding: identity"),
    "chunked twice": post("Transfer-Encoding: chunked, chunked"),
    "two fields": post(CHUNKED, CHUNKED),
    "two fields that differ": post(CHUNKED, "Transfer-Encoding: identity"),
    "almost chunked": post("Transfer-Encoding: xchunked"),
    "a control character": post("Transfer-Encoding: \x0bchunked"),
    "a space before the colon": post("Transfer-Encoding : chunked"),
    "a folded first field": b"POST /api/books HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: x\r\n\r\n" + LAST,
    "a chunk size of letters": post(CHUNKED, body=b"zz\r\nhello\r\n0\r\n\r\n"),
    "a chunk size with a sign": post(CHUNKED, body=b"+5\r\nhello\r\n0\r\n\r\n"),
    "a negative chunk size": post(CHUNKED, body=b"-5\r\nhello\r\n0\r\n\r\n"),
    "a chunk size with a prefix": post(CHUNKED, body=b"0x5\r\nhello\r\n0\r\n\r\n"),
    "a chunk size of 30 digits": post(CHUNKED, body=b"%s\r\nhello\r\n" % (b"1" * 30)),
    "a chunk longer than it says": post(CHUNKED, body=b"3\r\nhello\r\n0\r\n\r\n"),
    "an empty chunk size": post(CHUNKED, body=b"\r\nhello\r\n0\r\n\r\n"),
}
# Unusual, and clear: what follows is served.
GOOD = {
    "the same length twice": post(LENGTH, LENGTH, body=b"hello"),
    "the same length twice in one field": post("Content-Length: 5, 5", body=b"hello"),
    "chunks": post(CHUNKED, body=chunked(b"hello", 2)),
    "chunks with extensions and trailers": post(CHUNKED, body=b"5;a=b\r\nhello\r\n0\r\nX-Trailer: y\r\n\r\n"),
    "a folded field": post(LENGTH, "X-Field: a\r\n b", body=b"hello"),
}


def statuses(client: Client, *parts: bytes) -> tuple[list[int], bool]:
    """Send parts on one connection, each after what answers the one before; return statuses, and whether it closed."""
    received = b""
    with connect(client.port) as connection, contextlib.suppress(ConnectionError):
        for part in parts:
            connection.sendall(part)
            connection.settimeout(1)
            try:
                while data := connection.recv(65536):
                    received += data
            except TimeoutError:
                continue
            return [int(status) for status in STATUS.findall(received)], True
        return [int(status) for status in STATUS.findall(received)], False
    return [int(status) for status in STATUS.findall(received)], True


@pytest.mark.parametrize("name", BOTH)
def test_two_framings_end_the_connection(client: Client, name: str) -> None:
    """Content-Length beside Transfer-Encoding: one answer, then the end, whether the next request came or comes."""
    pipelined, is_closed = statuses(client, BOTH[name] + NEXT)
    apart, is_closed_too = statuses(client, BOTH[name], NEXT)

    assert (is_closed, is_closed_too) == (True, True)
    assert pipelined == apart
    assert len(pipelined) == 1
    assert pipelined[0] in (400, 413, 414)


@pytest.mark.parametrize("name", BAD)
def test_bad_framing_ends_the_connection(client: Client, name: str) -> None:
    """What cannot be framed is 400, and neither what came with it nor what comes later is served."""
    assert statuses(client, BAD[name] + NEXT) == ([400], True)
    assert statuses(client, BAD[name], NEXT) == ([400], True)


@pytest.mark.parametrize("name", GOOD)
def test_clear_framing_keeps_the_connection(client: Client, name: str) -> None:
    """Otherwise the tests above would show nothing: after clear framing the next request is served."""
    found, is_closed = statuses(client, GOOD[name] + NEXT)

    assert (len(found), found[-1], is_closed) == (2, 200, False)


def book_in_pieces(person: Person, title: str) -> tuple[str, bytes]:
    """Return the fields of a signed POST, and content that adds a book."""
    content = json.dumps({"title": title, "author": "Frank Herbert", "price": "9.99"}).encode()
    return f"Authorization: Bearer {person.client.token}", content


@pytest.mark.parametrize(("framing", "ending"), [("chunked", "zz\r\n"), ("chunked", "closed"), ("length", "closed")])
def test_content_that_breaks_off_is_no_content(client: Client, person: Person, framing: str, ending: str) -> None:
    """A write whose content is complete JSON, but not complete content, changes nothing."""
    title = unused_name("Broken")
    token, content = book_in_pieces(person, title)
    field = CHUNKED if framing == "chunked" else f"Content-Length: {len(content) + 1}"
    body = chunked(content).removesuffix(LAST) if framing == "chunked" else content
    request = compose("POST", "/api/books", token, "Content-Type: application/json", field, body=body)
    with connect(client.port) as connection:
        connection.sendall(request + (b"" if ending == "closed" else ending.encode()))
        if ending == "closed":
            connection.shutdown(socket.SHUT_WR)
        connection.settimeout(2)
        with contextlib.suppress(OSError):
            connection.recv(65536)

    assert client.ask("GET", f"/api/books/search?q={title}").json()["items"] == []


def test_garbage_behind_a_refusal_ends_the_connection(client: Client) -> None:
    """After an answer that came before the content was read, content that cannot be framed ends the connection."""
    request = compose("POST", "/api/books", CHUNKED, f"X-Padding: {'x' * 17000}", body=b"5\r\nhello\r\n")
    found, is_closed = statuses(client, request, b"zz\r\n" + NEXT)

    assert is_closed
    assert found in ([400], [431])


def test_server_complains_of_nothing(client: Client, server_errors: str) -> None:
    """None of this is an unhandled exception of the server."""
    assert client.ask("GET", "/api/health/live").status == 200
    assert "Traceback" not in server_errors


@pytest.fixture(name="server_errors")
def _server_errors(request: pytest.FixtureRequest) -> str:
    server = request.getfixturevalue("server")
    return str(server.errors.read_text())
