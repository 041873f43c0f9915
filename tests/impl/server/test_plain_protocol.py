"""Plain requests are read by httptools as h11 reads them; every other byte is h11's, from the first one on."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from impl.server.http_protocol import BoundedProtocol
from impl.server.plain_protocol import MOST_CONTENT, PlainProtocol, plain_head

from ..edge import raw_contents, raw_fields, raw_targets
from ..wire import Client, compose, connect, read_answer
from .test_framing import BAD, BOTH, GOOD, statuses

MOST = 50_000
TOKEN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
TARGET = TOKEN + "._~%!$&'()*+,;=:@/"
NAMES = st.text(TOKEN, min_size=1, max_size=12).filter(
    lambda name: (
        name.lower() not in ("host", "content-length", "connection", "transfer-encoding", "expect", "upgrade", "te")
    )
)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20).map(str.strip)


class Pipe:
    """A transport that goes nowhere, and knows which protocol reads from it."""

    def __init__(self) -> None:
        self.protocol: Any = None
        self.written = b""
        self.is_closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Say who is at both ends."""
        return {"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)}.get(name, default)

    def set_protocol(self, protocol: Any) -> None:
        """Have another protocol read."""
        self.protocol = protocol

    def write(self, data: bytes) -> None:
        """Take a part of an answer."""
        self.written += data

    def is_closing(self) -> bool:
        """Tell whether it was closed."""
        return self.is_closed

    def close(self) -> None:
        """End it."""
        self.is_closed = True

    def pause_reading(self) -> None:
        """Read no more for a while: nothing comes by itself here."""

    resume_reading = pause_reading


class Seen:
    """An application that answers everything, and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[Any, ...]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request, when its content is there."""
        content, more = b"", True
        while more:
            message = await receive()
            content, more = content + message.get("body", b""), message.get("more_body", False)
        names = (
            "method",
            "path",
            "raw_path",
            "query_string",
            "http_version",
            "scheme",
            "client",
            "server",
            "root_path",
        )
        self.requests.append((*(scope[name] for name in names), list(scope["headers"]), content))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


def read(kind: Any, *parts: bytes) -> tuple[list[tuple[Any, ...]], Any]:
    """Give parts of a connection to a protocol; return what the application was asked, and who read last."""

    async def run() -> tuple[list[tuple[Any, ...]], Any]:
        app, pipe = Seen(), Pipe()
        config = uvicorn.Config(
            cast(Any, app), h11_max_incomplete_event_size=MOST, ws="none", access_log=False, log_config=None
        )
        config.load()
        pipe.protocol = kind(config=config, server_state=ServerState(), app_state={})
        pipe.protocol.connection_made(pipe)
        for part in parts:
            pipe.protocol.data_received(part)
            for _ in range(20):
                await asyncio.sleep(0)
        if timer := pipe.protocol.timeout_keep_alive_task:
            timer.cancel()
        return app.requests, pipe.protocol

    return asyncio.run(run())


@st.composite
def plain(draw: st.DrawFn) -> bytes:
    """Write a request that is plain, in any of the spellings that are."""
    method = draw(st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]))
    target = "/" + draw(st.text(TARGET, max_size=20)).lstrip("/") + draw(st.sampled_from(["", "?", "?a=1&b=%C3%A9/?"]))
    content = draw(st.binary(max_size=30))
    fields = draw(st.lists(st.tuples(NAMES, VALUES), max_size=5))
    lines = [f"{name}:{draw(st.sampled_from(['', ' '])) if value else ''}{value}" for name, value in fields]
    lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(["Host: a.example", "host:a", "HOST: a:80"])))
    if content or draw(st.booleans()):
        lines.append(f"Content-Length: {len(content)}")
    if draw(st.booleans()):
        lines.append("Connection: keep-alive")
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode() + content


@settings(max_examples=300)
@given(st.lists(plain(), min_size=1, max_size=3), st.data())
def test_both_read_plain_requests_alike(requests: Sequence[bytes], data: st.DataObject) -> None:
    """One after the other, or all at once, and with content in pieces: the application is asked the same."""
    whole = b"".join(requests)
    parts = requests if data.draw(st.booleans()) else [whole]
    asked, reader = read(PlainProtocol, *parts)

    assert asked == read(BoundedProtocol, *parts)[0]
    assert len(asked) == len(requests)
    assert [plain_head(each, MOST) is not None for each in requests] == [True] * len(requests)
    # No other reader was needed.
    assert type(reader) is PlainProtocol


@settings(max_examples=200)
@given(plain(), st.integers(0, 200), st.binary(min_size=1, max_size=3))
def test_what_is_changed_is_read_as_h11_reads_it(request: bytes, place: int, other: bytes) -> None:
    """Some bytes of a request are others: whoever reads it, the application is asked what h11 would have it asked."""
    changed = request[:place] + other + request[place + len(other) :]

    assert read(PlainProtocol, changed)[0] == read(BoundedProtocol, changed)[0]


UNUSUAL = [
    *(case.request for case in [*raw_contents.CASES, *raw_targets.CASES, *raw_fields.CASES]),
    *raw_fields.PARSER.values(),
    *BAD.values(),
    *BOTH.values(),
    *GOOD.values(),
]


def test_the_whole_matrix_is_read_as_h11_reads_it() -> None:
    """Every request that tests here send over a socket, with another one behind it."""
    following = compose("GET", "/next")
    differing = [
        each
        for each in UNUSUAL
        if read(PlainProtocol, each + following)[0] != read(BoundedProtocol, each + following)[0]
    ]

    assert differing == []


HOST = "Host: a\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        f"GET / HTTP/1.1\r\n{HOST}",
        f"GET / HTTP/1.0\r\n{HOST}\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        f"GET / HTTP/1.1\r\n{HOST}{HOST}\r\n",
        f"BREW / HTTP/1.1\r\n{HOST}\r\n",
        f"get / HTTP/1.1\r\n{HOST}\r\n",
        f"GET //a HTTP/1.1\r\n{HOST}\r\n",
        f"GET http://a/ HTTP/1.1\r\n{HOST}\r\n",
        f"GET /a#b HTTP/1.1\r\n{HOST}\r\n",
        f"GET /\x7f HTTP/1.1\r\n{HOST}\r\n",
        f"GET / HTTP/1.1\n{HOST}\r\n",
        f"GET / HTTP/1.1\r\n{HOST}X: a \r\n\r\n",
        f"GET / HTTP/1.1\r\n{HOST}X:  a\r\n\r\n",
        f"GET / HTTP/1.1\r\n{HOST}X: a\tb\r\n\r\n",
        f"GET / HTTP/1.1\r\n{HOST}X: a\r\n b\r\n\r\n",
        f"GET / HTTP/1.1\r\n{HOST}X : a\r\n\r\n",
        f"GET / HTTP/1.1\r\n{HOST}X: \xe9\r\n\r\n",
        f"GET / HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n",
        f"GET / HTTP/1.1\r\n{HOST}Connection: Upgrade\r\n\r\n",
        f"GET / HTTP/1.1\r\n{HOST}Upgrade: h2c\r\n\r\n",
        f"POST / HTTP/1.1\r\n{HOST}Expect: 100-continue\r\nContent-Length: 1\r\n\r\n",
        f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n",
        f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
        f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1, 1\r\n\r\n",
        f"POST / HTTP/1.1\r\n{HOST}Content-Length: +1\r\n\r\n",
        f"POST / HTTP/1.1\r\n{HOST}Content-Length: {MOST_CONTENT + 1}\r\n\r\n",
        f"GET / HTTP/1.1\r\n{HOST}X: {'a' * MOST}\r\n\r\n",
    ],
)
def test_what_leaves_a_doubt_is_not_plain(request_: str) -> None:
    """None of these is httptools' to read, whatever stands behind it."""
    assert plain_head(request_.encode("latin-1") + compose("GET", "/"), MOST) is None


def test_connection_stays_with_h11(client: Client) -> None:
    """A plain request, one that is not, and a plain one again on one connection: all are answered, in their order."""
    unusual = compose("BREW", "/api/books")
    with connect(client.port) as connection:
        answers = []
        for request in (compose("GET", "/api/health/live"), unusual, compose("GET", "/api/health/live"), unusual):
            connection.sendall(request)
            answers.append(read_answer(connection).status)

    assert answers == [200, 405, 200, 405]


def test_requests_that_come_at_once_are_answered_in_their_order(client: Client) -> None:
    """Plain ones and others in one piece: the next is read when the one before it is answered."""
    targets = ["/api/health/live", "/api/nothing", "/api/books?nope=1", "/api/health/live"]
    requests = [compose("GET", target) for target in targets]
    requests.insert(2, compose("BREW", "/api/books"))

    assert statuses(client, b"".join(requests)) == ([200, 404, 405, 400, 200], False)
