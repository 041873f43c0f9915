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
from ..wire.exchange import Exchange
from ..wire.outcomes import NotChecked
from ..wire.server_log import ServerLog
from .encodable import encodable

# How many seconds a request may take that is sent once more, and what of it belongs to the connection that it came by.
AGAIN = 30.0
OF_THE_CONNECTION = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding")
# Where an answer has its Content: schemathesis keeps the request beside what it keeps of the answer.
CONTENT = "_bookplate_content"
LOGGED = "_bookplate_logged"  # what the server has printed meanwhile
FIRST_SERVER_ERROR = 500


@dataclass(frozen=True)
class Allowance:
    """What a pass may send: what the run admits, until the time of the pass is over."""

    admission: Admission
    end: float
    log: ServerLog | None = None  # of a server that the suite has started

    def admit(self, method: str) -> None:
        """Return when a request may be sent; NotChecked where it may not be."""
        if time.monotonic() > self.end:
            raise NotChecked("the generated requests before took too long")
        self.admission.admit(method)


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
        log = self.allowance.log
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


def send_again(exchange: Exchange, admission: Admission, seconds: float = AGAIN) -> Exchange | None:
    """Send a request once more as it was, and return the exchange; None where no answer comes, or it may not be sent."""
    names = [name.lower() for name, _ in exchange.request_headers]
    headers = {name: value for name, value in exchange.request_headers if name.lower() not in OF_THE_CONNECTION}
    if len(set(names)) != len(names):  # the library sends one value for each name
        return None
    with requests.Session() as wire:
        wire.trust_env = False
        for scheme in ("http://", "https://"):
            wire.mount(scheme, Adapter(Allowance(admission, time.monotonic() + seconds)))
        try:
            answer = wire.request(
                exchange.method,
                exchange.url,
                headers=headers,
                data=exchange.request_body or None,
                timeout=admission.connection.timeout,
                allow_redirects=False,
            )
        except (requests.RequestException, NotChecked):
            return None
        fields = [(name.lower(), value) for name, value in answer.headers.items()]
        return Exchange(
            exchange.operation_id,
            exchange.method,
            exchange.url,
            exchange.request_headers,
            exchange.request_body,
            answer.status_code,
            fields,
            answer.content,
        )


def use(admission: Admission, seconds: float, log: ServerLog | None = None) -> None:
    """
    Let every session that schemathesis opens from now on ask this admission, for some seconds at most.

    The engine has a limit of time too, and repeats itself until it is over. `log` is that of the server.
    """
    allowance = Allowance(admission, time.monotonic() + seconds, log)
    # The second one is opened by checks that ask again without credentials. mypy allows no assignment to another's class.
    for name in ("ManagedCookiesSession", "SameHostRedirectsSession"):
        setattr(transport, name, type("Session", (Session,), {"allowance": allowance}))
