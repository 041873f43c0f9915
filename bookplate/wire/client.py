"""The only sender: every request of the suite's own goes through here, and every answer past the invariants."""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..contract.operation import Operation
from .connection import Admission, Connection
from .exchange import Exchange, Headers, seconds_to_wait
from .outcomes import NoAnswer, NotChecked, Violation
from .raw_socket import DEADLINE, RawExchange, send_bytes
from .request_content import with_content, with_fields
from .styles import filled_path, query_string

if TYPE_CHECKING:  # httpx takes longer to import than all laws together
    from .transport import Transport

# Is shown every exchange, with its operation where it has one.
Look = Callable[[Exchange, Operation | None], None]

# Gives the header fields that go with each request of an operation.
RequiredFields = Callable[[Operation], Mapping[str, str]]

MOST_WAITS = 5


def no_fields(operation: Operation) -> Mapping[str, str]:
    """Return the fields of a request that needs none."""
    del operation
    return {}


class Client:
    """
    Sends to one instance.

    On Linux and towards loopback each address given is the source of its requests, so that limits
    by address tell identities apart. A 429 is waited out, up to `patience` seconds in all, unless
    the caller wants to see it. `admission` is asked before each request; all clients of a run share one.
    `required_fields` gives the header fields that an operation cannot do without.
    """

    def __init__(
        self,
        url: str,
        look: Look,
        patience: float,
        admission: Admission | None = None,
        *,
        required_fields: RequiredFields = no_fields,
    ) -> None:
        self.url = url.rstrip("/")
        self.required_fields = required_fields
        self.look = look
        self.patience = patience
        self.admission = admission or Admission(Connection())
        self.many_addresses = sys.platform == "linux" and is_loopback(url)

    def call(
        self,
        operation: Operation,
        *,
        arguments: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        body: Any = None,
        address: str = "",
        wait: bool = True,
    ) -> Exchange:
        """Send a request of an operation; `arguments` fill its path, a `body` is sent as the media type it takes."""
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        if operation.unreadable:
            raise NotChecked(
                f"nobody can tell what {operation.id} takes: the reference in {operation.unreadable} is broken"
            )
        if body is not None:
            body, pairs = with_content(operation, body, pairs)
        path, question = filled_path(operation, arguments or {}), query_string(operation, query or {})
        target = f"{path}?{question}" if question else path
        return self.send(operation.method, target, pairs, body, operation=operation, address=address, wait=wait)

    def follow(
        self, link: str, headers: Mapping[str, str], *, operation: Operation | None = None, address: str = ""
    ) -> Exchange:
        """Send a GET to a link of an answer, which is relative to the host or to the base path."""
        split = urlsplit(link)
        base = urlsplit(self.url).path
        path = split.path.removeprefix(base) if split.path.startswith(base + "/") else split.path
        target = f"{path}?{split.query}" if split.query else path
        return self.send("GET", target, list(headers.items()), operation=operation, address=address)

    def send(
        self,
        method: str,
        path: str,
        headers: Headers,
        body: Any = None,
        *,
        operation: Operation | None = None,
        address: str = "",
        wait: bool = True,
    ) -> Exchange:
        """
        Send one request as it stands and return the exchange, after the invariants have seen it.

        The fields that its operation requires are added, but for those that `headers` has.
        """
        if operation is not None:
            headers = with_fields(headers, self.required_fields(operation))
        deadline = time.monotonic() + self.patience
        for _ in range(MOST_WAITS):
            exchange = self._exchange(method, path, headers, body, operation, address)
            self.look(exchange, operation)
            if exchange.status != 429 or not wait:
                return exchange
            pause = seconds_to_wait(exchange)
            if time.monotonic() + pause > deadline:
                raise NotChecked(f"the target answers 429 and asks for {pause} s, longer than --patience allows")
            time.sleep(pause)
        raise NotChecked(f"the target still answers 429 after {MOST_WAITS} waits as long as it asked for")

    def send_bytes(self, path: str, content: bytes, *, end: bool = False, patience: float = DEADLINE) -> RawExchange:
        """Send bytes on a connection of their own, as `raw_socket.send_bytes` does; no invariant sees the exchange."""
        self.admission.admit("request that no client library would send")
        return send_bytes(self.url + path, content, end=end, patience=patience)

    def base(self, operation: Operation | None) -> str:
        """Return the URL that the path of an operation stands below: that of its own server where it has one."""
        if operation is None or operation.base is None:
            return self.url
        split = urlsplit(self.url)
        return f"{split.scheme}://{split.netloc}{operation.base}"

    def _exchange(
        self, method: str, path: str, headers: Headers, body: Any, operation: Operation | None, address: str
    ) -> Exchange:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self.admission.admit(method)
        started = time.monotonic()
        try:
            received = self._transport.send(method, self.base(operation) + path, headers, content, address)
        except NoAnswer as problem:
            raise Violation(f"{method} {path} got no answer: {problem}", expected="an answer") from problem
        return Exchange(
            operation_id=operation.id if operation else None,
            method=method,
            url=self.base(operation) + path,
            request_headers=headers,
            request_body=content,
            status=received.status,
            headers=received.headers,
            body=received.body,
            seconds=time.monotonic() - started,
            address=address if self.many_addresses else "",
        )

    @cached_property
    def _transport(self) -> "Transport":
        from .transport import Transport

        return Transport(self.admission.connection, binds=self.many_addresses)

    def close(self) -> None:
        self._transport.close()


def is_loopback(url: str) -> bool:
    return (urlsplit(url).hostname or "").startswith(("127.", "localhost"))
