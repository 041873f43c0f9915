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

from ..wire.certificates import authorities
from ..wire.connection import Admission
from ..wire.content import ACCEPTED_CODINGS, EVENT_STREAM, Content, longest, read
from ..wire.outcomes import NotChecked

# Where an answer has its Content: schemathesis keeps the request beside what it keeps of the answer.
CONTENT = "_bookplate_content"


@dataclass(frozen=True)
class Allowance:
    """What a pass may send: what the run admits, until the time of the pass is over."""

    admission: Admission
    end: float

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
        answer = super().send(request, *arguments, **options)
        media_type = answer.headers.get("Content-Type", "")
        if not media_type.startswith(EVENT_STREAM):  # schemathesis reads these by itself, up to some events
            take_content(answer, media_type)
        return answer


def take_content(answer: requests.Response, media_type: str) -> None:
    """Read the content of an answer, so that the library finds it read, and keep what is wrong with it."""
    ended_early = (HTTPError, OSError)
    codings = answer.headers.get("Content-Encoding", "")
    content = read(parts_of(answer), codings, seconds=longest(media_type), ended_early=ended_early)
    answer._content = content.body
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


class Session(ManagedCookiesSession):
    """A session of schemathesis that asks no proxy of the environment, and whose requests travel by the rules of `wire/`."""

    allowance: Allowance

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        adapter = Adapter(self.allowance)
        self.mount("http://", adapter)
        self.mount("https://", adapter)


def use(admission: Admission, seconds: float) -> None:
    """
    Let every session that schemathesis opens from now on ask this admission, for some seconds at most.

    The engine has a limit of time too, and repeats itself until it is over.
    """
    allowance = Allowance(admission, time.monotonic() + seconds)
    # mypy allows no assignment to a class of another module.
    setattr(transport, "ManagedCookiesSession", type("Session", (Session,), {"allowance": allowance}))  # noqa: B010
