"""How requests travel: the one module that knows httpx. It is imported when the first request is sent."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx

from .certificates import authorities
from .connection import Connection
from .content import ACCEPTED_CODINGS, Content, longest, read
from .exchange import Headers
from .outcomes import NoAnswer, NotChecked

# RFC 9110, section 9.2.2: what these ask for is the same however often it is asked for.
IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE")
# How long a connection is kept that nothing is sent on: shorter than servers do, which would close it under a request.
KEPT_FOR = 1.0
# For how many addresses connections are kept; each user of a run may have one, and a run may make thousands of users.
MOST_ADDRESSES = 64


class Received(NamedTuple):
    """An answer as it came: its headers with lower-case names, in their order; bytes beyond ASCII are read as Latin-1."""

    status: int
    headers: Headers
    content: Content

    @property
    def body(self) -> bytes:
        """The content as far as it was read."""
        return self.content.body


class Transport:
    """
    The connections of one client: a pool for each address, which its requests come from if the transport `binds`.

    Nothing of the environment changes the way: no proxy is asked.
    """

    def __init__(self, connection: Connection, *, binds: bool) -> None:
        self.connection = connection
        self.binds = binds
        self.pools: dict[str, httpx.Client] = {}  # the one that was used last is the last
        self.busy = Counter[str]()  # how many requests travel at the moment, by address
        self.opening = threading.Lock()
        self.shaken: set[str] = set()  # where the last answer was a server error

    def send(self, method: str, url: str, headers: Headers, content: bytes, address: str) -> Received:
        """
        Send a request over the connections of an address and return the answer; redirects are not followed.

        Raises NoAnswer where there is none, NotChecked where a header field cannot be sent.
        """
        route = Route()
        with self._pool(address) as pool:
            sent = in_chunks(content) if asks_for_chunks(headers) else content or None
            request = pool.build_request(
                method, url, headers=in_bytes(headers), content=sent, extensions={"trace": route.note}
            )
            try:
                answer = self._answer(request, pool, address, route)
                try:
                    return received(answer, request)
                finally:
                    answer.close()
            except httpx.HTTPError as problem:
                was_sent = not isinstance(problem, httpx.ConnectError)
                is_late = isinstance(problem, httpx.TimeoutException)
                raise NoAnswer(str(problem) or type(problem).__name__, was_sent=was_sent, is_late=is_late) from problem

    def _answer(self, request: httpx.Request, pool: httpx.Client, address: str, route: "Route") -> httpx.Response:
        """
        Send a request, and once more where a connection that was used before closes and nothing came on it.

        The server has then read nothing of it. Where that is not certain, only what is idempotent is sent again.
        """
        try:
            answer = pool.send(request, stream=True)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            may_repeat = request.method in IDEMPOTENT or address in self.shaken
            if route.is_new or not may_repeat:
                raise
            answer = pool.send(request, stream=True)
        if answer.status_code >= 500:
            self.shaken.add(address)
        else:
            self.shaken.discard(address)
        return answer

    @contextmanager
    def _pool(self, address: str) -> Iterator[httpx.Client]:
        """Give the pool of an address for one request. Requests at once share it: a second one would never be closed."""
        with self.opening:
            pool = self.pools.pop(address, None)
            if pool is None:
                pool = self._opened(address)
            self.pools[address] = pool
            self.busy[address] += 1
            self._close_oldest()
        try:
            yield pool
        finally:
            with self.opening:
                self.busy[address] -= 1

    def _close_oldest(self) -> None:
        """Close the pools that were not used for longest, where there are more than are kept and nothing travels there."""
        too_many = len(self.pools) - MOST_ADDRESSES
        idle = [address for address in self.pools if not self.busy[address]]
        for address in idle[: max(too_many, 0)]:
            self.pools.pop(address).close()
            del self.busy[address]

    def _opened(self, address: str) -> httpx.Client:
        transport = httpx.HTTPTransport(
            local_address=address if address and self.binds else None,
            limits=httpx.Limits(keepalive_expiry=KEPT_FOR),
            verify=authorities(self.connection.ca, verify=self.connection.verify),
            trust_env=False,
        )
        return httpx.Client(
            transport=transport,
            headers=[("Accept-Encoding", ACCEPTED_CODINGS), *self.connection.headers],
            timeout=self.connection.timeout,
            trust_env=False,
        )

    def close(self) -> None:
        for pool in self.pools.values():
            pool.close()


def asks_for_chunks(headers: Headers) -> bool:
    """Tell whether content is to be sent in chunks (RFC 9112, section 7.1), as a field says."""
    return any((name.lower(), value) == ("transfer-encoding", "chunked") for name, value in headers)


def in_chunks(content: bytes) -> list[bytes]:
    """Return content in two parts, so that whoever reads one chunk alone has half of it."""
    middle = (len(content) + 1) // 2
    return [part for part in (content[:middle], content[middle:]) if part]


class Route:
    """What became of the connection that one request travels on."""

    def __init__(self) -> None:
        self.is_new = False

    def note(self, event: str, details: Any) -> None:
        """Take an event of httpcore's trace."""
        if event == "connection.connect_tcp.started":
            self.is_new = True


def received(answer: httpx.Response, request: httpx.Request) -> Received:
    """Read what has been answered; content that cannot be read is part of the answer, with what is wrong with it."""
    headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in answer.headers.raw]
    codings = ", ".join(value for name, value in headers if name == "content-encoding")
    seconds = longest(answer.headers.get("content-type", ""))
    request.extensions["timeout"]["read"] = seconds
    ended_early = (httpx.RemoteProtocolError, httpx.ReadError)
    return Received(
        answer.status_code,
        headers,
        read(parts_of(answer), codings, seconds=seconds, ended_early=ended_early),
    )


def parts_of(answer: httpx.Response) -> Iterator[bytes]:
    """Yield the content of an answer as it arrives, with its codings; TimeoutError where nothing more comes."""
    try:
        yield from answer.iter_raw()
    except httpx.ReadTimeout as problem:
        raise TimeoutError from problem


def in_bytes(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return header fields as they are sent: Latin-1, or UTF-8 for what it lacks; NotChecked where no server takes one."""
    found = []
    for name, value in headers:
        if any(mark in value for mark in "\r\n\0"):
            raise NotChecked(f"the header field {name} would have a line break in its value, and cannot be sent")
        try:
            found.append((name.encode("ascii"), value.encode("latin-1")))
        except UnicodeEncodeError:
            found.append((name.encode("ascii", "replace"), value.encode("utf-8", "surrogatepass")))
    return found


@contextmanager
def probe(connection: Connection) -> Iterator[Callable[[str], bool]]:
    """Give a function that says whether a server answers at a URL, with anything at all."""
    verify = authorities(connection.ca, verify=connection.verify)
    with httpx.Client(timeout=connection.timeout, trust_env=False, verify=verify) as wire:

        def answers(url: str) -> bool:
            try:
                with wire.stream("GET", url):
                    return True
            except httpx.TransportError:
                return False

        yield answers


@contextmanager
def getter(connection: Connection) -> Iterator[Callable[[str], Received | None]]:
    """Give a function that gets a URL, and no other that it may redirect to; it returns None where no answer came."""
    verify = authorities(connection.ca, verify=connection.verify)
    with httpx.Client(headers=connection.headers, timeout=connection.timeout, verify=verify, trust_env=False) as wire:

        def get(url: str) -> Received | None:
            try:
                with wire.stream("GET", url) as answer:
                    return received(answer, answer.request)
            except httpx.HTTPError:
                return None

        yield get
