"""How generated requests travel: by the rules of `wire/`, over the library that schemathesis sends with."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from schemathesis.transport import requests as transport
from schemathesis.transport.requests import ManagedCookiesSession
from urllib3.exceptions import HTTPError, ReadTimeoutError

from ..contract.media import essence_of, is_json
from ..wire.certificates import authorities
from ..wire.connection import Admission
from ..wire.content import ACCEPTED_CODINGS, EVENT_STREAM, Content, longest, read
from ..wire.exchange import Exchange, Headers
from ..wire.outcomes import NotChecked
from ..wire.replicas import Replicas
from ..wire.server_log import LogOf, nothing_printed
from .encodable import encodable

# How many seconds a request may take that is sent once more, and what of it belongs to the connection that it came by.
AGAIN = 30.0
OF_THE_CONNECTION = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding")
# Where an answer has its Content: schemathesis keeps the request beside what it keeps of the answer.
CONTENT = "_bookplate_content"
LOGGED = "_bookplate_logged"  # what the server has printed meanwhile
FIRST_SERVER_ERROR = 500
# What tells one sender from another, as far as a request that is ready to be sent says who that is.
OF_THE_SENDER = ("Authorization", "Cookie")
SEVERAL = "set-cookie"  # the one field whose lines are no list (RFC 9110, section 5.3)


@dataclass(frozen=True)
class Allowance:
    """
    What a pass may send: what the run admits, until the time of the pass is over.

    Where there are `replicas`, requests go to the one whose turn it is; without, to the address that they have.
    """

    admission: Admission
    end: float
    log_of: LogOf = nothing_printed
    replicas: Replicas | None = None

    def admit(self, method: str) -> None:
        """Return when a request may be sent; NotChecked where it may not be."""
        if time.monotonic() > self.end:
            raise NotChecked("the generated requests before took too long")
        self.admission.admit(method)

    def address(self, request: requests.PreparedRequest) -> None:
        """Give a request the address whose turn it is."""
        if self.replicas is not None and request.url:
            sender = "\n".join(str(request.headers.get(name, "")) for name in OF_THE_SENDER)
            request.url = self.replicas.at_turn(request.url, sender)


class Adapter(HTTPAdapter):
    """Sends what is admitted, with the certificates of the run, and reads content as `wire/content.py` does."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        connection = self.allowance.admission.connection
        context = authorities(connection.ca, verify=connection.verify)
        super().init_poolmanager(*arguments, ssl_context=context, **options)

    def close(self) -> None:
        """Close the connections too: urllib3 leaves them open for as long as somebody keeps an answer."""
        for key in list(self.poolmanager.pools.keys()):  # it is no mapping that can be walked through
            self.poolmanager.pools[key].close()
        super().close()

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Say nothing of certificates: the pool manager has them."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave certificates alone, for the same reason."""

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """Send a request; NotChecked where it may not be sent."""
        self.allowance.admit(request.method or "GET")
        request.headers.setdefault("Accept-Encoding", ACCEPTED_CODINGS)
        for name, value in self.allowance.admission.connection.headers:
            request.headers.setdefault(name, value)
        self.allowance.address(request)
        log = self.allowance.log_of(request.url or "")
        printed = log.size if log else 0
        answer = super().send(request, *arguments, **options)
        media_type = answer.headers.get("Content-Type", "")
        if not media_type.startswith(EVENT_STREAM):  # schemathesis reads these by itself, up to some events
            take_content(answer, media_type)
        if log and answer.status_code >= FIRST_SERVER_ERROR:
            setattr(answer.request, LOGGED, log.since(printed))
        return answer


def take_content(answer: requests.Response, media_type: str) -> None:
    """Read the content of an answer, so that the library finds it read, and keep it as it came, with what is wrong with it."""
    ended_early = (HTTPError, OSError)
    codings = answer.headers.get("Content-Encoding", "")
    content = read(parts_of(answer), codings, seconds=longest(media_type), ended_early=ended_early)
    # What the engine takes out of an answer it validates and sends by itself, and ends where that has no form in UTF-8.
    answer._content = encodable(content.body) if is_json(essence_of(media_type)) else content.body
    answer._content_consumed = True
    setattr(answer.request, CONTENT, content)
    if content.unread:
        answer.close()


def parts_of(answer: requests.Response) -> Iterator[bytes]:
    """Yield the content of an answer as it arrives, with its codings; TimeoutError where nothing more comes."""
    try:
        yield from answer.raw.stream(65536, decode_content=False)
    except ReadTimeoutError as problem:
        raise TimeoutError from problem


def content_of(request: object) -> Content:
    """Return the content that the answer to a request had; empty where it was read by something else."""
    found: Content = getattr(request, CONTENT, Content(b""))
    return found


def logged_of(request: object) -> str:
    """Return what the server has printed while it answered a request with a server error; empty where that is not known."""
    found: str = getattr(request, LOGGED, "")
    return found


class Session(ManagedCookiesSession):
    """A session of schemathesis that asks no proxy of the environment, and whose requests travel by the rules of `wire/`."""

    allowance: Allowance

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        adapter = Adapter(self.allowance)
        self.mount("http://", adapter)
        self.mount("https://", adapter)


class Again:
    """
    Sends requests that were sent before, or what is left of them, by the rules of the run and over one session.

    Each goes to the address that it has: that of the replica which has answered it before.
    """

    def __init__(self, admission: Admission, seconds: float = AGAIN, log_of: LogOf = nothing_printed) -> None:
        self.timeout = admission.connection.timeout
        self.wire = requests.Session()
        self.wire.trust_env = False
        for scheme in ("http://", "https://"):
            self.wire.mount(scheme, Adapter(Allowance(admission, time.monotonic() + seconds, log_of)))

    def __enter__(self) -> "Again":
        return self

    def __exit__(self, *problem: object) -> None:
        self.wire.close()

    def send(self, method: str, url: str, headers: Headers, body: bytes | str) -> requests.Response | None:
        """
        Send a request and return the answer, whose `request` has what was sent; None where none comes.

        None also where it cannot be sent so; NotChecked where it may not be sent.
        """
        named = {name: value for name, value in headers if name.lower() not in OF_THE_CONNECTION}
        if len({name.lower() for name in named}) != len(headers_of_request(headers)):
            return None  # the library sends one value for each name
        how: dict[str, Any] = {"timeout": self.timeout, "allow_redirects": False, "stream": True}
        try:
            answer = self.wire.request(method, url, headers=named, data=body or None, **how)
        except requests.RequestException:
            return None
        if answer.headers.get("Content-Type", "").startswith(EVENT_STREAM):  # nobody knows when it ends
            answer.close()
            return None
        return answer


def headers_of_request(headers: Headers) -> list[str]:
    """Return the names of fields that do not belong to a connection."""
    return [name for name, _ in headers if name.lower() not in OF_THE_CONNECTION]


def exchange_with(answer: requests.Response, operation_id: str | None) -> Exchange:
    """Return what was sent and answered as an exchange of ours."""
    content, sent = content_of(answer.request), answer.request
    body = sent.body or b""
    fields = [(name.lower(), value) for name, value in answer.headers.items() if name.lower() != SEVERAL]
    fields += [(SEVERAL, value) for value in answer.raw.headers.getlist(SEVERAL)]
    return Exchange(
        operation_id,
        sent.method or "",
        sent.url or "",
        [(name, as_latin(value)) for name, value in sent.headers.items()],
        body if isinstance(body, bytes) else str(body).encode(),
        answer.status_code,
        fields,
        content.body or answer.content,
        seconds=answer.elapsed.total_seconds(),
        flaw=content.flaw,
        unread=content.unread,
        logged=logged_of(sent),
    )


def join_lines(headers: dict[str, list[str]]) -> None:
    """Put the lines of a header together, as RFC 9110, section 5.3, has it: checks read only the first of them."""
    for name, lines in headers.items():
        headers[name] = lines if name == SEVERAL else [", ".join(lines)]


def as_latin(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def send_again(exchange: Exchange, admission: Admission) -> Exchange | None:
    """Send a request once more as it was, and return the exchange; None where no answer comes, or it may not be sent."""
    with Again(admission) as again:
        try:
            answer = again.send(exchange.method, exchange.url, exchange.request_headers, exchange.request_body)
        except NotChecked:
            return None
    return None if answer is None else exchange_with(answer, exchange.operation_id)


def use(
    admission: Admission, seconds: float, log_of: LogOf = nothing_printed, replicas: Replicas | None = None
) -> None:
    """
    Let every session that schemathesis opens from now on ask this admission, for some seconds at most.

    The engine has a limit of time too, and repeats itself until it is over. `log_of` has what servers print; requests go
    to the `replicas` in turn.
    """
    allowance = Allowance(admission, time.monotonic() + seconds, log_of, replicas)
    # The second one is opened by checks that ask again without credentials. mypy allows no assignment to another's class.
    for name in ("ManagedCookiesSession", "SameHostRedirectsSession"):
        setattr(transport, name, type("Session", (Session,), {"allowance": allowance}))
