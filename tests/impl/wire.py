"""Requests as bytes on a socket, so that no client library mends what a hostile client would send."""

import contextlib
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

HOST = "127.0.0.1"
Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Answer:
    """One answer as it came over the wire."""

    status: int
    fields: Fields
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a field's value; None without the field."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)

    def json(self) -> Any:
        """Read the content as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> Any:
        """The code of a problem; None when this is no problem."""
        if self.header("Content-Type") != "application/problem+json" or not self.body:
            return None
        return self.json()["code"]

    def remaining(self, policy: str) -> int:
        """Return what a policy still admits."""
        members = (self.header("RateLimit") or "").split(", ")
        return next(
            int(member.split(";")[1].removeprefix("r=")) for member in members if member.startswith(f'"{policy}"')
        )


def compose(method: str, target: str, *fields: str, body: bytes | None = None) -> bytes:
    """Write a request; Host always, and Content-Length where there is a body and no other framing."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {HOST}", *fields]
    if body is not None and not any(
        line.lower().startswith(("content-length", "transfer-encoding")) for line in fields
    ):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


def chunked(body: bytes, size: int = 8192) -> bytes:
    """Frame a body in chunks."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])


@contextlib.contextmanager
def connect(port: int, source: str = HOST) -> Iterator[socket.socket]:
    """Open a connection from one loopback address."""
    with socket.create_connection((HOST, port), timeout=10, source_address=(source, 0)) as connection:
        yield connection


def read_answer(connection: socket.socket, method: str = "GET") -> Answer:
    """Read one answer from a connection."""
    response = HTTPResponse(connection, method=method)
    response.begin()
    body = response.read()
    return Answer(response.status, tuple(response.getheaders()), body)


@dataclass(frozen=True)
class Client:
    """Somebody who talks to a server, from one loopback address, with or without a token."""

    port: int
    source: str = HOST
    token: str | None = None

    def send(self, request: bytes) -> Answer:
        """Send bytes as they are and read the answer."""
        with connect(self.port, self.source) as connection:
            # A server may answer and close before it has read everything.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(request)
            return read_answer(connection, request.partition(b" ")[0].decode("latin-1"))

    def ask(self, method: str, target: str, content: Any = None, *fields: str) -> Answer:
        """Send a well-formed request; content goes out as JSON of the type that the method takes."""
        lines = [*fields]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        body = None
        if content is not None:
            body = json.dumps(content).encode()
            media = "application/merge-patch+json" if method == "PATCH" else "application/json"
            lines.append(f"Content-Type: {media}")
        return self.send(compose(method, target, *lines, body=body))
