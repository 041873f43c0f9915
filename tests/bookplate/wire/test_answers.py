"""The client gets an exchange from whatever a server sends, or is told that no answer came."""

import gzip
from collections.abc import Iterator

import pytest

from bookplate.wire import content
from bookplate.wire.client import Client
from bookplate.wire.connection import Admission, Connection
from bookplate.wire.exchange import Exchange
from bookplate.wire.outcomes import NotChecked, Unreadable, Violation
from tests.fakes.wire_server import Answers, answered, serving

JSON = "Content-Type: application/json"


def asked(
    answers: Answers,
    *,
    method: str = "GET",
    body: object = None,
    times: int = 1,
    keeps: bool = False,
    timeout: float = 3,
) -> Exchange:
    """Return the last answer to some requests."""
    with serving(answers, keeps=keeps) as url:
        client = Client(url, lambda exchange, operation: None, 0, Admission(Connection(timeout=timeout)))
        try:
            found = [client.send(method, "/things", [], body) for _ in range(times)]
        finally:
            client.close()
    return found[-1]


def chunks(*parts: bytes) -> Answers:
    def answers(request: bytes) -> Iterator[bytes | float]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        yield from parts

    return answers


def test_coded_content_is_read() -> None:
    assert asked(answered(gzip.compress(b"[7]", mtime=0), JSON, "Content-Encoding: gzip")).json() == [7]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (answered(b"[7]", JSON, "Content-Encoding: gzip"), "Content-Encoding is gzip, and the content is not"),
        (answered(b"[7]", JSON, length=30), "the content ended before its end"),
        (chunks(b"3\r\n[7]\r\n"), "the content ended before its end"),
        (chunks(b"zz\r\n[7]\r\n0\r\n\r\n"), "the content ended before its end"),
        (answered(b"[NaN]", JSON), "application/json is no JSON: NaN is no JSON"),
        (answered(b'["\xe4"]', JSON), "application/json is no JSON: it is not UTF-8"),
    ],
)
def test_content_that_cannot_be_read_is_said_of_the_answer(answers: Answers, reason: str) -> None:
    answer = asked(answers)

    assert answer.status == 200
    assert answer.unreadable.startswith(reason)
    assert reason in answer.describe()
    with pytest.raises(Unreadable, match="GET /things answered 200, and its content cannot be read: "):
        answer.json()


def test_a_stream_of_events_is_read_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "LONGEST_STREAM", 0.3)

    def events(request: bytes) -> Iterator[bytes | float]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n"
        for _ in range(50):
            yield b"data: tick\n\n"
            yield 0.1

    answer = asked(events)

    assert answer.body.startswith(b"data: tick\n\n")
    assert answer.unread
    assert not answer.unreadable


def test_an_answer_that_comes_to_a_stop_was_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "LONGEST", 0.3)

    def stops(request: bytes) -> Iterator[bytes | float]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[7"
        yield 2.0

    with pytest.raises(Unreadable, match="its content was not read: nothing more came"):
        asked(stops).json()


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Name: J\xc3\xb6rg\r\nX-Old: J\xf6rg\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=nothing-known\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nVary: A\r\nvary: B\r\n\r\n",
    ],
)
def test_answers_that_http_allows_are_read(head: bytes) -> None:
    def answers(request: bytes) -> Iterator[bytes | float]:
        yield head + b"good"

    answer = asked(answers)

    assert (answer.status, answer.body) == (200, b"good")


def test_bytes_of_header_fields_are_read_as_latin_1() -> None:
    answer = asked(answered(b"", "X-Name: J\xc3\xb6rg", "X-Name: J\xf6rg"))

    assert [value for name, value in answer.headers if name == "x-name"] == ["J\xc3\xb6rg", "J\xf6rg"]
    assert answer.header("x-name") == "J\xc3\xb6rg, J\xf6rg"


def test_an_answer_before_the_content_was_read_counts() -> None:
    def refuses_early(request: bytes) -> Iterator[bytes | float]:
        yield b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    assert asked(refuses_early, method="POST", body=b"x" * 3_000_000).status == 413


def test_no_answer_at_all_is_told() -> None:
    def hangs_up(request: bytes) -> Iterator[bytes | float]:
        yield from ()

    with pytest.raises(Violation, match="GET /things got no answer"):
        asked(hangs_up)


def test_an_answer_that_is_late_breaks_no_law() -> None:
    """The limit is that of the run, not of the service: with more time an answer may have come."""

    def is_slow(request: bytes) -> Iterator[bytes | float]:
        if request.startswith(b"GET /things"):
            yield 2.0
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    with pytest.raises(NotChecked, match=r"GET /things got no answer within 0.2 s: allow more with --request-timeout"):
        asked(is_slow, timeout=0.2)


def test_what_is_idempotent_is_sent_again_where_a_kept_connection_was_closed() -> None:
    seen: list[bytes] = []

    def closes_after_one(request: bytes) -> Iterator[bytes | float]:
        seen.append(request)
        if len(seen) == 2:
            raise OSError("the server closes the connection under the request")
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    assert asked(closes_after_one, times=2, keeps=True).status == 200
    assert len(seen) == 3


def test_what_is_not_idempotent_is_not_sent_again() -> None:
    seen: list[bytes] = []

    def closes_after_one(request: bytes) -> Iterator[bytes | float]:
        seen.append(request)
        if len(seen) == 2:
            raise OSError("the server closes the connection under the request")
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    with pytest.raises(Violation, match="got no answer"):
        asked(closes_after_one, method="POST", times=2, keeps=True)
    # What follows the second POST asks whether the server is still there.
    assert [request.split()[0] for request in seen] == [b"POST", b"POST", b"GET"]


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\nb", "a\0b"])
def test_a_field_that_no_request_can_have_leaves_a_law_unchecked(value: str) -> None:
    client = Client("http://127.0.0.1:9", lambda exchange, operation: None, 0)

    with pytest.raises(NotChecked, match="X-Note would have a line break"):
        client.send("GET", "/", [("X-Note", value)])


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert asked(answered(b"[7]", JSON)).json() == [7]
