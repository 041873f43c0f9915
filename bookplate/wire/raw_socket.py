"""Bytes on a socket, for requests that no client library would send."""

import contextlib
import re
import socket
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from .addresses import port_of
from .exchange import Exchange

DEADLINE = 2.0
# How long a server may take to close a connection: RFC 9112 names no time.
PATIENCE = 10.0
# A final answer: its status line, and the name of its first header.
FINAL = re.compile(rb"HTTP/1\.[01] ([2-5]\d\d)[^\r\n]*\r?\n[!-9;-~]+:")
# A status line, also of an answer without header fields or that goes on to a final one (RFC 9112, section 4).
STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? (\d\d\d)\b")


@dataclass(frozen=True, eq=False)
class RawExchange(Exchange):
    """
    Bytes as they were sent and what came back; the status is 0 where the connection was closed without an answer.

    `statuses` has those of all answers on the connection, `is_closed` says whether the server ended it in time.
    """

    statuses: tuple[int, ...] = ()
    is_closed: bool = False

    @property
    def is_raw(self) -> bool:
        return True

    @property
    def answers(self) -> int:
        """How many requests were answered on the connection."""
        return len(self.statuses)

    def curl(self, redact: Mapping[str, str] | None = None, options: str = "", secrets: Collection[str] = ()) -> str:
        """Return the command that sends these bytes again."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(self.url))
        octets = "".join(chr(b) if 32 < b < 127 and b not in b"\\'%" else f"\\{b:03o}" for b in self.request_body)
        server = (redact or {}).get(origin, origin)
        return f"O={server}; printf '{octets}' | curl -s -m 2 \"telnet://${{O#*://}}\""


def send_bytes(
    url: str, content: bytes, *, end: bool = False, patience: float = DEADLINE, source: str = ""
) -> RawExchange:
    """
    Send bytes to the server of a URL, and nothing after them where this is the end.

    Read until the server closes the connection, or for `patience` seconds. `source` is the address to send from.
    """
    split, started, answer, is_closed = urlsplit(url), time.monotonic(), b"", False
    address = (split.hostname or "", port_of(url))
    bound = (source, 0) if source else None
    with (
        contextlib.suppress(OSError),
        socket.create_connection(address, timeout=patience, source_address=bound) as connection,
    ):
        connection.sendall(content)
        if end:
            connection.shutdown(socket.SHUT_WR)
        try:
            while time.monotonic() - started < patience and not is_closed:
                part = connection.recv(65536)
                answer += part
                is_closed = not part
        except ConnectionError:
            is_closed = True
    line = FINAL.search(answer) or STATUS_LINE.match(answer)
    status = int(line[1]) if line else 0
    method, body = content.partition(b" ")[0].decode("latin-1"), answer.partition(b"\r\n\r\n")[2]
    return RawExchange(
        None,
        method,
        url,
        [],
        content,
        status,
        [],
        body,
        time.monotonic() - started,
        statuses=tuple(int(status) for status in FINAL.findall(answer)),
        is_closed=is_closed,
    )


def in_http_1_0(exchange: Exchange) -> bytes:
    """Return the bytes of a request that was sent before, as a client of HTTP/1.0 writes it (RFC 9112, section 2.3)."""
    return as_bytes(exchange, "HTTP/1.0")


def in_a_row(exchange: Exchange, count: int) -> bytes:
    """Return the bytes of a request that was sent before, so many times on one connection (RFC 9112, section 9.3.2)."""
    return as_bytes(exchange, "HTTP/1.1") * (count - 1) + as_bytes(exchange, "HTTP/1.1", ("Connection", "close"))


def as_bytes(exchange: Exchange, version: str, *more: tuple[str, str]) -> bytes:
    """Return the bytes of a request that was sent before, in a version of HTTP and with more header fields."""
    split = urlsplit(exchange.url)
    target = f"{split.path or '/'}?{split.query}" if split.query else split.path or "/"
    left_out = ("host", "connection", "content-length", "accept-encoding")
    fields = [("Host", split.netloc), *more]
    fields += [(name, value) for name, value in exchange.request_headers if name.lower() not in left_out]
    if exchange.request_body:
        fields.append(("Content-Length", str(len(exchange.request_body))))
    lines = [f"{exchange.method} {target} {version}", *(f"{name}: {value}" for name, value in fields)]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1") + exchange.request_body
