"""Middleware: the end of connections in doubt, request ids, sizes, HEAD, and the last word on errors."""

import logging
import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .contract import contract
from .problems import Problem, ProblemResponse

log = logging.getLogger(__name__)
REQUEST_ID = re.compile("[A-Za-z0-9._-]{8,64}")
# One router reads these otherwise than the next; here they lead nowhere.
MISLEADING = re.compile(rb"%2f|%5c|%7f|%[01][0-9a-f]", re.IGNORECASE)

FRAMINGS = {b"content-length", b"transfer-encoding"}


class Framing:
    """
    Ends the connection behind a request with both Content-Length and Transfer-Encoding (RFC 9112, section 6.1).

    uvicorn reads it as chunked, as it may, and would then take what follows for the next request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not {name for name, _ in scope["headers"]} >= FRAMINGS:
            return await self.app(scope, receive, send)

        async def send_last(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await self.app(scope, receive, send_last)


class Entrance:
    """
    Gives each request an id, refuses what is too large, and reads the rest.

    Whatever is raised behind it becomes a problem; answers get the headers that were collected on the way.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        asked = Headers(scope=scope).get("x-request-id", "")
        request_id = asked if REQUEST_ID.fullmatch(asked) else secrets.token_hex(8)
        is_head, has_started, collected = scope["method"] == "HEAD", False, {"X-Request-Id": request_id}

        async def send_on(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                MutableHeaders(scope=message).update(collected)
            await send({**message, "body": b""} if is_head and "body" in message else message)

        try:
            check_head(scope)
            content = await read_content(scope, receive)
            state = {"request_id": request_id, "headers": collected, "is_head": is_head, "content": content}
            inner = {**scope, "state": state, "method": "GET" if is_head else scope["method"]}
            if MISLEADING.search(scope["raw_path"]):
                inner["path"] = scope["raw_path"].decode("latin-1")
            await self.app(inner, replaying(content, receive), send_on)
        except Exception as error:
            if has_started:
                raise
            if not isinstance(error, Problem):
                log.exception("request %s", request_id)
            problem = error if isinstance(error, Problem) else Problem("internal_error")
            await ProblemResponse(problem, request_id)(scope, receive, send_on)


def check_head(scope: Scope) -> None:
    """Refuse a target or a header section that is too large."""
    query = scope["query_string"]
    if len(scope["raw_path"]) + bool(query) + len(query) > contract.size_limits["target"]:
        raise Problem("uri_too_long")
    if sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > contract.size_limits["headers"]:
        raise Problem("headers_too_large")


async def read_content(scope: Scope, receive: Receive) -> bytes:
    """Read the content, as far as it is not too large."""
    headers, most = Headers(scope=scope), contract.size_limits["content"]
    if "content-length" not in headers and "transfer-encoding" not in headers:
        return b""
    if int(headers.get("content-length", 0)) > most:
        raise Problem("content_too_large")
    content, more = bytearray(), True
    while more:
        message = await receive()
        content += message.get("body", b"")
        more = message.get("more_body", False)
        if len(content) > most:
            raise Problem("content_too_large")
    return bytes(content)


def replaying(content: bytes, receive: Receive) -> Receive:
    """Return a channel that gives content which has been read once more."""
    messages = [{"type": "http.request", "body": content}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
