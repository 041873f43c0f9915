"""Callers: one sends what is asked for, with a token that is renewed once for all, and again where that is worth it."""

import asyncio
import copy
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx
import stamina

from .errors import ClientError, RequestTimeout, TransportError, UnreadableAnswer, error_of
from .model import remember
from .operation import Operation, Request
from .retries import Judge, Retries
from .tokens import MemoryTokens, TokenPair, TokenStore, content_with

T = TypeVar("T")
UNAUTHORIZED = 401
REFUSED = range(400, 500)  # of a refresh token: the session is over
# Seconds before the first, the second and each later retry, where the answer does not say it.
BACKOFF = {"wait_initial": 0.2, "wait_max": 8.0, "wait_jitter": 0.5}


@dataclass(frozen=True)
class Refreshing:
    """The operation that renews a token, where it goes, and what the pointer into its content is."""

    operation: Operation[Any]
    method: str
    url: str
    pointer: str

    def request(self, refresh: str) -> Request:
        """Return the request that exchanges a refresh token."""
        return {"method": self.method, "url": self.url, "json": content_with(self.pointer, refresh)}


@dataclass(frozen=True)
class Service:
    """What a document says of the whole service: how a token is sent and renewed, and which field names a request."""

    agent: str
    token_field: str
    token_prefix: str
    request_id_field: str
    refreshing: Refreshing | None = None


@dataclass(frozen=True)
class Settings:
    """What somebody may choose: see the client."""

    timeout: float
    retries: Retries


class Caller:
    """What both kinds of callers share."""

    def __init__(self, service: Service, base_url: str, tokens: TokenStore, settings: Settings) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"base_url has to be absolute, such as https://example.org/api, and is {base_url!r}")
        self._service = service
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens
        self._settings = settings

    def with_options(self, *, timeout: float | None = None, retries: int | None = None) -> Self:
        """Return this client with another time-out or number of retries; connections and tokens stay shared."""
        other = copy.copy(self)
        now = self._settings
        other._settings = Settings(
            timeout=now.timeout if timeout is None else timeout,
            retries=now.retries if retries is None else Retries(retries, now.retries.longest_wait),
        )
        return other

    def _options(self, request: Request, token: str | None) -> dict[str, Any]:
        """Return what httpx is given for a request."""
        headers = {"User-Agent": self._service.agent, **request.get("headers", {})}
        if token is not None:
            headers[self._service.token_field] = f"{self._service.token_prefix}{token}"
        url = f"{self._base_url}{request['url']}"
        return {**request, "url": url, "headers": headers, "timeout": self._settings.timeout}

    def _read(self, operation: Operation[T], response: httpx.Response) -> tuple[T, httpx.Response]:
        """Return what an answer says. Raises ApiError, or UnreadableAnswer."""
        if not operation.documents(response.status_code):
            raise error_of(response, self._service.request_id_field)
        try:
            content = operation.parse(response)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnreadableAnswer(response, f"its content cannot be read: {error!r}") from error
        remember(content, response)
        if operation.tokens is not None:
            self._tokens.save(operation.tokens.read(response.json(), self._tokens.load()))
        if operation.signs_out:
            self._tokens.save(None)
        return content, response

    def _untransported(self, request: Request, error: httpx.RequestError) -> TransportError:
        kind = RequestTimeout if isinstance(error, httpx.TimeoutException) else TransportError
        return kind(f"{request['method'].upper()} {self._base_url}{request['url']}: {error!r}")

    def _judge(self, operation: Operation[T], request: Request) -> Judge:
        return Judge(self._settings.retries, operation.is_repeatable(request), bool(operation.key))

    def _access(self, operation: Operation[T]) -> str | None:
        tokens = self._tokens.load() if operation.sends_token else None
        return tokens.access if tokens else None

    def _refresh_request(self, used: str) -> Request | bool:
        """Return what renews a token; True where another call has done so, and False where nothing can."""
        tokens = self._tokens.load()
        if tokens is not None and tokens.access != used:
            return True
        if tokens is None or tokens.refresh is None or self._service.refreshing is None:
            return False
        return self._service.refreshing.request(tokens.refresh)

    def _was_renewed(self, error: ClientError) -> bool:
        """Return False where a refresh was refused, which ends the session; raise what is no answer to that."""
        if getattr(error, "status", 0) in REFUSED and getattr(error, "status", 0) != 429:
            self._tokens.save(None)
            return False
        raise error


class SyncCaller(Caller):
    """Sends requests, one call in each thread."""

    def __init__(
        self, service: Service, base_url: str, tokens: TokenStore, settings: Settings, http: httpx.Client | None
    ) -> None:
        super().__init__(service, base_url, tokens, settings)
        self._http = http or httpx.Client()
        self._renewing = threading.Lock()

    def call(self, operation: Operation[T], request: Request) -> T:
        """Send a request and return its content. Raises ClientError."""
        return self.ask(operation, request)[0]

    def ask(self, operation: Operation[T], request: Request) -> tuple[T, httpx.Response]:
        """Send a request, and again where that is worth it; return its content and the answer. Raises ClientError."""
        request = operation.ready(request)
        attempts = self._settings.retries.times + 1
        judge = self._judge(operation, request)
        for attempt in stamina.retry_context(on=judge, attempts=attempts, timeout=None, **BACKOFF):
            with attempt:
                return self._read(operation, self._with_token(operation, request))
        raise AssertionError("stamina ends with an answer or with an error")

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _with_token(self, operation: Operation[T], request: Request) -> httpx.Response:
        used = self._access(operation)
        response = self._send(request, used)
        if response.status_code == UNAUTHORIZED and used is not None and self._renew(used):
            return self._send(request, self._access(operation))
        return response

    def _renew(self, used: str) -> bool:
        """Renew a token once, however many calls it failed; return whether there is another one now."""
        with self._renewing:
            request = self._refresh_request(used)
            if isinstance(request, bool) or self._service.refreshing is None:
                return bool(request)
            try:
                self.call(self._service.refreshing.operation, request)
            except ClientError as error:
                return self._was_renewed(error)
            return True

    def _send(self, request: Request, token: str | None) -> httpx.Response:
        try:
            return self._http.request(**self._options(request, token))
        except httpx.RequestError as error:
            raise self._untransported(request, error) from error


class SharedTask:
    """Does one thing for all who want it meanwhile. A task that is cancelled leaves it to the others."""

    def __init__(self) -> None:
        self._task: asyncio.Task[bool] | None = None

    async def run(self, make: Callable[[], Coroutine[Any, Any, bool]]) -> bool:
        """Return what comes of it; begin it where nobody has."""
        if self._task is None:
            self._task = asyncio.create_task(make())
            self._task.add_done_callback(self._end)
        # A refresh that is cut off would leave a spent refresh token behind, and end the session.
        return await asyncio.shield(self._task)

    def _end(self, task: "asyncio.Task[bool]") -> None:
        self._task = None
        if not task.cancelled():
            task.exception()  # asked for also where all who wanted it are gone


class AsyncCaller(Caller):
    """Sends requests, many calls in one loop; a task that is cancelled ends its request."""

    def __init__(
        self, service: Service, base_url: str, tokens: TokenStore, settings: Settings, http: httpx.AsyncClient | None
    ) -> None:
        super().__init__(service, base_url, tokens, settings)
        self._http = http or httpx.AsyncClient()
        self._renewing = SharedTask()

    async def call(self, operation: Operation[T], request: Request) -> T:
        """Send a request and return its content. Raises ClientError."""
        return (await self.ask(operation, request))[0]

    async def ask(self, operation: Operation[T], request: Request) -> tuple[T, httpx.Response]:
        """Send a request, and again where that is worth it; return its content and the answer. Raises ClientError."""
        request = operation.ready(request)
        attempts = self._settings.retries.times + 1
        judge = self._judge(operation, request)
        async for attempt in stamina.retry_context(on=judge, attempts=attempts, timeout=None, **BACKOFF):
            with attempt:
                return self._read(operation, await self._with_token(operation, request))
        raise AssertionError("stamina ends with an answer or with an error")

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    async def _with_token(self, operation: Operation[T], request: Request) -> httpx.Response:
        used = self._access(operation)
        response = await self._send(request, used)
        if response.status_code == UNAUTHORIZED and used is not None and await self._renew(used):
            return await self._send(request, self._access(operation))
        return response

    async def _renew(self, used: str) -> bool:
        """Renew a token once, however many calls it failed; return whether there is another one now."""
        return await self._renewing.run(lambda: self._exchange(used))

    async def _exchange(self, used: str) -> bool:
        request = self._refresh_request(used)
        if isinstance(request, bool) or self._service.refreshing is None:
            return bool(request)
        try:
            await self.call(self._service.refreshing.operation, request)
        except ClientError as error:
            return self._was_renewed(error)
        return True

    async def _send(self, request: Request, token: str | None) -> httpx.Response:
        try:
            return await self._http.request(**self._options(request, token))
        except httpx.RequestError as error:
            raise self._untransported(request, error) from error


def stored(token: str | None, tokens: TokenStore | None) -> TokenStore:
    """Return the store that somebody gave, or one in memory, with the token that somebody gave."""
    if token is not None and tokens is not None:
        raise ValueError("give a token or a store of tokens, not both")
    return tokens if tokens is not None else MemoryTokens(TokenPair(token) if token is not None else None)
