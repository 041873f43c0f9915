"""What can happen between a client and the reference: an answer of somebody else, or one that gets lost."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

# Given a request, the answer in place of the reference's, an error, or None to let the request through.
Interference = Callable[[httpx.Request], httpx.Response | None]


class Interfering(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """
    Lets each request through to the reference, unless something was planned for it; remembers all requests, and the
    status of each answer of the reference.

    `lose_answers` is how many answers of the reference get lost on their way back. `seconds` is how long an answer waits.
    """

    def __init__(self, *planned: Interference, lose_answers: int = 0, seconds: float = 0.0) -> None:
        self.planned = list(planned)
        self.lose_answers = lose_answers
        self.seconds = seconds
        self.requests: list[httpx.Request] = []
        self.statuses: list[int] = []
        self._lock = threading.Lock()
        self._sync, self._async = httpx.HTTPTransport(), httpx.AsyncHTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._before(request) or self._after(self._sync.handle_request(request))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        planned = self._before(request)
        if planned is not None:
            return planned
        await asyncio.sleep(self.seconds)
        return self._after(await self._async.handle_async_request(request))

    def close(self) -> None:
        self._sync.close()

    async def aclose(self) -> None:
        await self._async.aclose()

    def to(self, path: str) -> list[httpx.Request]:
        """Return the requests whose path ends so."""
        return [request for request in self.requests if request.url.path.endswith(path)]

    def _before(self, request: httpx.Request) -> httpx.Response | None:
        with self._lock:
            self.requests.append(request)
            return self.planned.pop(0)(request) if self.planned else None

    def _after(self, response: httpx.Response) -> httpx.Response:
        with self._lock:
            self.statuses.append(response.status_code)
            lost = self.lose_answers > 0
            self.lose_answers -= lost
        if lost:
            raise httpx.ReadError("the connection broke before the answer came")
        return response


def answering(status: int, content: object = None, headers: dict[str, str] | None = None) -> Interference:
    """Return what answers a request so."""
    return lambda _: httpx.Response(status, json=content, headers=headers)


def unavailable(headers: dict[str, str] | None = None) -> Interference:
    """Return what answers as the reference does when its database is gone."""
    problem = {"type": "about:blank", "title": "Service Unavailable", "status": 503, "code": "unavailable"}
    return answering(503, {**problem, "detail": "Try again.", "request_id": "planned-1"}, headers)


@contextmanager
def silent_server() -> Iterator[str]:
    """Accept connections on a free loopback port and never answer; yields the base URL."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/api"
