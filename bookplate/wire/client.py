"""The only sender: every request of the suite's own goes through here, and every answer past the invariants."""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from ..contract.operation import Operation
from .addresses import has_many_addresses
from .connection import Admission, Connection
from .credential import Credential
from .exchange import Exchange, Headers, seconds_to_wait
from .outages import Outages
from .outcomes import NoAnswer, NotChecked, Violation, no_answer
from .raw_socket import DEADLINE, RawExchange, send_bytes
from .redirects import MOST_REDIRECTS, redirected
from .replicas import Replicas
from .request_content import with_content, with_fields
from .server_log import ServerLog
from .styles import filled_path, query_string

if TYPE_CHECKING:  # httpx takes longer to import than all laws together
    from .transport import Transport

# Is shown every exchange, with its operation where it has one.
Look = Callable[[Exchange, Operation | None], None]

# Gives the header fields that go with each request of an operation.
RequiredFields = Callable[[Operation], Mapping[str, str]]

MOST_WAITS = 5
# A policy in RateLimit (draft-ietf-httpapi-ratelimit-headers-11), with what is left of it.
NAMED_LIMIT = re.compile(r'"([^"]+)"[^,]*?;\s*r=(\d+)')
FIRST_SERVER_ERROR = 500
NOTHING = Credential()
NO_OPERATIONS: Mapping[str, str] = {}


def no_fields(operation: Operation) -> Mapping[str, str]:
    """Return the fields of a request that needs none."""
    del operation
    return {}


class Client:
    """
    Sends to one instance, at the address of the `replicas` whose turn it is where it has several.

    On Linux and towards IPv4 loopback each address given is the source of its requests, so that limits
    by address tell identities apart. A 429 is waited out, up to `patience` seconds in all, unless
    the caller wants to see it; once that was in vain, no 429 is waited out until another answer comes.

    `admission` is asked before each request; all clients of a run share one. Its connection has the header fields of every
    request that does not have its own of that name. `required_fields` gives the header fields that an operation cannot do
    without. `gone` says since when nothing answers any more: then nothing is sent. `left_out` has the operations that
    are never called, each with the reason; it may grow while the client is used. An answer may take no longer than the
    connection says, nor than `timeout`. `outages` has the operations that do nothing but fail, slowly: they are not called
    any more either.
    """

    def __init__(
        self,
        url: str,
        look: Look,
        patience: float,
        admission: Admission | None = None,
        *,
        required_fields: RequiredFields = no_fields,
        left_out: Mapping[str, str] = NO_OPERATIONS,
        timeout: float | None = None,
        replicas: Replicas | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.replicas = replicas or Replicas([self.url])
        self.required_fields = required_fields
        self.look = look
        self.patience = patience
        self.admission = admission or Admission(Connection())
        longest = self.admission.connection.timeout
        self.timeout = longest if timeout is None else min(timeout, longest)
        self.gone = ""
        self.outages = Outages()
        self.left_out = left_out
        self.has_waited_in_vain = False
        self.opening = threading.Lock()
        self.opened: Transport | None = None
        self.logs: dict[str, ServerLog] = {}  # of servers that the suite has started, by their addresses

    @cached_property
    def many_addresses(self) -> bool:
        """Whether each address that is given is the source of its requests; asked first when the server is up."""
        return all(map(has_many_addresses, self.replicas.urls))

    def log_of(self, url: str) -> ServerLog | None:
        """Return what the server at a URL prints; None where the suite has not started it."""
        return self.logs.get(self.replicas.address_of(url))

    def call(
        self,
        operation: Operation,
        *,
        arguments: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        body: Any = None,
        credential: Credential = NOTHING,
        address: str = "",
        wait: bool = True,
    ) -> Exchange:
        """
        Send a request of an operation; `arguments` fill its path, a `body` is sent as the media type it takes.

        A header field of the request itself counts where the credential has one of the same name.
        A redirect that the operation does not document is followed, but for callers who count: those that do not wait.
        """
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        if operation.unreadable:
            name = operation.id or f"{operation.method} {operation.path}"
            raise NotChecked(f"nobody can tell what {name} takes: {operation.unreadable}")
        if body is not None:
            body, pairs = with_content(operation, operation.wrapped(body), pairs)
        path, question = filled_path(operation, arguments or {}), query_string(operation, query or {})
        answer = self.send(
            operation.method,
            f"{path}?{question}" if question else path,
            pairs,
            body,
            operation=operation,
            credential=credential,
            address=address,
            wait=wait,
        )
        is_meant = not wait or operation.documents(answer.status, "3XX")
        return answer if is_meant else self.final(answer, operation=operation, address=address)

    def follow(
        self,
        link: str,
        headers: Mapping[str, str],
        *,
        operation: Operation | None = None,
        credential: Credential = NOTHING,
        address: str = "",
    ) -> Exchange:
        """Send a GET to a link of an answer, as an absolute URL; it stays at this instance, whatever host the link names."""
        here, there = urlsplit(self.url), urlsplit(link)
        target = urlunsplit((here.scheme, here.netloc, there.path or "/", there.query, ""))
        pairs = list(headers.items())
        return self.send("GET", target, pairs, operation=operation, credential=credential, address=address)

    def send(
        self,
        method: str,
        path: str,
        headers: Headers,
        body: Any = None,
        *,
        operation: Operation | None = None,
        credential: Credential = NOTHING,
        address: str = "",
        wait: bool = True,
    ) -> Exchange:
        """
        Send one request with a credential, and return the exchange after the invariants have seen it.

        `path` stands below the base path, or is an absolute URL. The fields that its operation requires are added, but for
        those that `headers` or the credential has. Raises NotChecked where nothing answers any more.
        """
        headers, path = credential.apply(headers, path)
        url = path if is_absolute(path) else self.base(operation) + path
        if operation is not None:
            headers = with_fields(headers, self.required_fields(operation))
        return self._send(
            method, url, [*headers, *self.usual.missing_from(headers)], encoded(body), operation, address, wait=wait
        )

    def final(self, exchange: Exchange, *, operation: Operation | None = None, address: str = "") -> Exchange:
        """
        Follow the redirects of an answer as a client does, within its origin, and return the last answer.

        Each answer on the way is shown to the invariants. The operation is that of every request that keeps the method.
        """
        for _ in range(MOST_REDIRECTS):
            onward = redirected(exchange)
            if onward is None:
                return exchange
            kept = operation if onward.method == exchange.method else None
            exchange = self._send(onward.method, onward.url, onward.headers, onward.body, kept, address)
        raise NotChecked(f"it is redirected more than {MOST_REDIRECTS} times: {exchange.describe()}")

    def send_bytes(
        self, path: str, content: bytes, *, end: bool = False, patience: float = DEADLINE, address: str = ""
    ) -> RawExchange:
        """
        Send bytes on a connection of their own, as `raw_socket.send_bytes` does; no invariant sees the exchange.

        They come from `address` where each address is the source of its requests. `path` stands below the base path, or is
        an absolute URL, which is not sent to another replica: bytes may name the server that they are for.

        NotChecked where the run does not last as long as the server may take.
        """
        self.admission.require(patience)
        self.admission.admit("request that no client library would send")
        source = address if self.many_addresses else ""
        url = path if is_absolute(path) else self.url + path
        return send_bytes(url, content, end=end, patience=patience, source=source)

    def _send(
        self,
        method: str,
        url: str,
        headers: Headers,
        content: bytes,
        operation: Operation | None,
        address: str,
        *,
        wait: bool = True,
    ) -> Exchange:
        """Send a request to a URL, wait out refusals for a limit where that is asked for, and return the exchange."""
        deadline = time.monotonic() + self.patience
        for _ in range(MOST_WAITS):
            exchange = self._exchange(method, url, headers, content, operation, address)
            self.look(exchange, operation)
            if exchange.status != 429:
                self.has_waited_in_vain = False
            if exchange.status != 429 or not wait:
                return exchange
            if self.has_waited_in_vain:
                break
            pause = seconds_to_wait(exchange)
            if time.monotonic() + pause > deadline:
                raise NotChecked(f"the target answers 429 and asks for {pause} s, longer than --patience allows")
            self.admission.wait(pause, spent_limit(exchange))
        self.has_waited_in_vain = True
        raise NotChecked(f"the target still answers 429 after {MOST_WAITS} waits as long as it asked for")

    def base(self, operation: Operation | None) -> str:
        """Return the URL that the path of an operation stands below: that of its own server where it has one."""
        if operation is None or operation.base is None:
            return self.url
        split = urlsplit(self.url)
        return f"{split.scheme}://{split.netloc}{operation.base}"

    def post(self, url: str, headers: Headers, body: bytes, address: str = "") -> Exchange:
        """Send a POST to an address that is no operation, such as where tokens are got; no invariant looks at it."""
        return self._exchange("POST", url, [*headers, *self.usual.missing_from(headers)], body, None, address)

    def _exchange(
        self, method: str, url: str, headers: Headers, content: bytes, operation: Operation | None, address: str
    ) -> Exchange:
        if self.gone:
            raise NotChecked(self.gone)
        if operation is not None and operation.id in self.left_out and operation.serves(method):
            raise NotChecked(self.left_out[operation.id])
        name = operation.id if operation is not None and operation.serves(method) else ""
        if reason := self.outages.of(name):
            raise NotChecked(reason)
        self.admission.admit(method)
        url = self.replicas.at_turn(url, address)
        log = self.log_of(url)
        started, printed = time.monotonic(), log.size if log else 0
        try:
            received = self._transport.send(method, url, headers, content, address)
        except NoAnswer as problem:
            self._notice_end(method, url, problem)
            sent = f"{method} {self.replicas.below(url)}"
            if problem.is_late:
                self.note_outage(name, 0, time.monotonic() - started, time.time())
                seconds = f"{self.timeout:g} s"
                raise NotChecked(
                    f"{sent} got no answer within {seconds}: allow more with --request-timeout"
                ) from problem
            observed = f"{sent} got no answer: {problem}"
            request = f"{method} {operation.path if operation else urlsplit(url).path}"
            raise Violation(observed, expected="an answer", defect=no_answer(request)) from problem
        return Exchange(
            operation_id=operation.id if operation else None,
            method=method,
            url=url,
            request_headers=headers,
            request_body=content,
            status=received.status,
            headers=received.headers,
            body=received.content.body,
            seconds=time.monotonic() - started,
            logged=log.since(printed) if log and received.status >= FIRST_SERVER_ERROR else "",
            address=address if self.many_addresses else "",
            flaw=received.content.flaw,
            unread=received.content.unread,
        )

    def note_outage(self, operation_id: str, status: int, seconds: float, ended: float) -> None:
        """Count an answer as `Outages.note` does; send nothing any more where all that came were slow failures."""
        self.outages.note(operation_id, status, seconds, ended)
        self.gone = self.gone or self.outages.of_target

    def is_answering(self, address: str) -> bool:
        """Tell whether the target still answers anything at all at one of its addresses."""
        from .transport import probe

        with probe(self.admission.connection) as answers:
            return answers(address + "/")

    def _notice_end(self, method: str, url: str, problem: NoAnswer) -> None:
        """Find out whether the target has ended; NotChecked where it had before this request could be sent."""
        address = self.replicas.address_of(url)
        if self.is_answering(address):
            return
        where = f" at {address}" if len(self.replicas) > 1 else ""
        sent = f"{method} {urlsplit(url).path}"
        remedy = "look at its log for what ended it, and start it again"
        self.gone = f"the target no longer answers{where}, since {sent}: {remedy}"
        if not problem.was_sent:
            raise NotChecked(self.gone) from problem

    @property
    def usual(self) -> Credential:
        """The header fields of every request."""
        return Credential(headers=dict(self.admission.connection.headers))

    @property
    def _transport(self) -> "Transport":
        """The connections of this client. Requests at once share them, also in a Python whose cached_property has no lock."""
        from .transport import Transport

        with self.opening:
            if self.opened is None:
                self.opened = Transport(
                    replace(self.admission.connection, timeout=self.timeout), binds=self.many_addresses
                )
            return self.opened

    def close(self) -> None:
        if self.opened is not None:
            self.opened.close()


def is_absolute(path: str) -> bool:
    """Tell whether a path is an absolute URL."""
    return path.startswith(("http://", "https://"))


def spent_limit(refusal: Exchange) -> str:
    """Return in words which limit a 429 is about: the one of which RateLimit says that nothing is left."""
    spent = [name for name, left in NAMED_LIMIT.findall(refusal.header("ratelimit") or "") if int(left) == 0]
    return f"limit {', '.join(spent)}" if spent else "a limit of the service"


def same_host(one: str, other: str) -> bool:
    """Tell whether two absolute URLs lead to one server: same scheme, host and port. All names of this machine are one."""
    return _server(one) == _server(other)


def _server(url: str) -> tuple[str, str, int | None]:
    split = urlsplit(url)
    host = "localhost" if split.hostname in ("localhost", "127.0.0.1", "::1") else split.hostname or ""
    return split.scheme, host, split.port or {"http": 80, "https": 443}.get(split.scheme)


def encoded(body: Any) -> bytes:
    """Return content as it is sent: bytes as they are, nothing for None, and JSON for all else."""
    if isinstance(body, bytes):
        return body
    return b"" if body is None else json.dumps(body).encode()
