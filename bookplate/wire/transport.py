"""How requests travel: the one module that knows httpx. It is imported when the first request is sent."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import httpx

from .connection import Connection
from .exchange import Headers
from .outcomes import NoAnswer


class Received(NamedTuple):
    """An answer as it came: its headers with lower-case names, in their order."""

    status: int
    headers: Headers
    body: bytes


class Transport:
    """The connections of one client: a pool for each address, which its requests come from if the transport `binds`."""

    def __init__(self, connection: Connection, *, binds: bool) -> None:
        self.connection = connection
        self.binds = binds
        self.pools: dict[str, httpx.Client] = {}
        self.shaken: set[str] = set()  # where the last answer was a server error

    def send(self, method: str, url: str, headers: Headers, content: bytes, address: str) -> Received:
        """Send a request over the connections of an address and return the answer; NoAnswer where there is none."""
        try:
            request = self._pool(address).build_request(method, url, headers=headers, content=content or None)
            answer = self._answer(request, address)
        except httpx.TransportError as problem:
            raise NoAnswer(str(problem), was_sent=not isinstance(problem, httpx.ConnectError)) from problem
        lower = [(name.lower(), value) for name, value in answer.headers.multi_items()]
        return Received(answer.status_code, lower, answer.content)

    def _answer(self, request: httpx.Request, address: str) -> httpx.Response:
        """Send a request, and once more where its connection closes right behind a server error: nobody has read it."""
        try:
            answer = self._pool(address).send(request)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            if address not in self.shaken:
                raise
            answer = self._pool(address).send(request)
        if answer.status_code >= 500:
            self.shaken.add(address)
        else:
            self.shaken.discard(address)
        return answer

    def _pool(self, address: str) -> httpx.Client:
        if address not in self.pools:
            transport = httpx.HTTPTransport(
                local_address=address if address and self.binds else None,
                limits=httpx.Limits(keepalive_expiry=2),
                verify=authorities(self.connection.ca, verify=self.connection.verify),
                trust_env=False,
            )
            self.pools[address] = httpx.Client(
                transport=transport,
                headers=self.connection.headers,
                timeout=self.connection.timeout,
                trust_env=False,
            )
        return self.pools[address]

    def close(self) -> None:
        for pool in self.pools.values():
            pool.close()


@contextmanager
def probe(connection: Connection) -> Iterator[Callable[[str], bool]]:
    """Give a function that says whether a server answers at a URL, with anything at all."""
    verify = authorities(connection.ca, verify=connection.verify)
    with httpx.Client(timeout=connection.timeout, trust_env=False, verify=verify) as wire:

        def answers(url: str) -> bool:
            try:
                wire.get(url)
            except httpx.TransportError:
                return False
            return True

        yield answers


@contextmanager
def getter(connection: Connection) -> Iterator[Callable[[str], Received | None]]:
    """Give a function that gets a URL, redirects followed; it returns None where no answer came."""
    verify = authorities(connection.ca, verify=connection.verify)
    with httpx.Client(
        headers=connection.headers, timeout=connection.timeout, verify=verify, follow_redirects=True, trust_env=False
    ) as wire:

        def get(url: str) -> Received | None:
            try:
                answer = wire.get(url)
            except httpx.HTTPError:
                return None
            return Received(answer.status_code, list(answer.headers.items()), answer.content)

        yield get


@cache
def authorities(ca: str | None, *, verify: bool) -> ssl.SSLContext:
    """
    Return the authorities that are trusted: those of the file `ca`, of this machine where it is None, any without `verify`.

    Reading them takes longer than a request, and every address asks.
    """
    context = ssl.create_default_context(cafile=ca)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
