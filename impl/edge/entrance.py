"""The outermost layer: a request id, the fields every answer carries, and one line in the log."""

import logging
import re
import secrets
import time
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import current
from ..process.stopping import CLOSE, is_stopping
from .address import TrustedProxies

# The scheme in any spelling, and a host that is not empty (RFC 9110, sections 4.2.1 and 4.2.3).
ABSOLUTE_FORM = re.compile(rb"(?i:https?)://[^/]+")
REQUEST_ID = re.compile(rb"\A[A-Za-z0-9._-]{8,64}\Z")
# What the pages are found under.
KNOWN_PATHS = ("/", "/docs", "/openapi.json")
log = logging.getLogger("impl.access")


class Entrance:
    """Makes the request known to everything inside, and adds its headers to whatever answer comes out."""

    def __init__(self, app: ASGIApp, proxies: TrustedProxies) -> None:
        self.app = app
        self.proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        target_size = len(scope["raw_path"]) + bool(scope["query_string"]) + len(scope["query_string"])
        _to_origin_form(scope)
        request = current.CurrentRequest(_request_id(scope), self.proxies.client_address(scope), scope["path"])
        request.target_size = target_size
        request.prefix = self.proxies.prefix(scope)
        current.request.set(request)
        is_framed_twice = _is_framed_twice(scope)
        started, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
                own.append((b"x-request-id", request.request_id.encode()))
                # Asked again, since the stop may have begun while the request was answered.
                closes = is_framed_twice or is_stopping(scope)
                closing = [CLOSE] if closes and CLOSE not in message["headers"] else []
                message["headers"] = [*message["headers"], *own, *closing]
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            _log(scope, request, status, time.perf_counter() - started)


def _to_origin_form(scope: Scope) -> None:
    # A server must take the absolute form too (RFC 9112, section 3.2.2); only its path leads anywhere here.
    # The path is divided from the host before it is decoded: an encoded slash divides nothing.
    if absolute := ABSOLUTE_FORM.match(scope["raw_path"]):
        scope["raw_path"] = scope["raw_path"][absolute.end() :] or b"/"
        scope["path"] = unquote(scope["raw_path"].decode("ascii"))


def _is_framed_twice(scope: Scope) -> bool:
    # Another server on the way may have seen the end elsewhere, and so another next request (RFC 9112, section 6.1).
    return {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.match(value):
            return str(value.decode())
    return secrets.token_hex(8)


def _path_for_log(path: str, request: current.CurrentRequest) -> str:
    """
    Write the path of the operation, or of an unknown path no more than how long it is.

    A client may put anything into a path, a password among it, and the log has no secrets.
    """
    if request.operation is not None:
        return request.operation.contract.base_path + request.operation.path
    return path if path in KNOWN_PATHS else f"(an unknown path of {len(path)} characters)"


def _log(scope: Scope, request: current.CurrentRequest, status: int, seconds: float) -> None:
    log.info(
        "%s %s %s",
        scope["method"],
        _path_for_log(scope["path"], request),
        status,
        extra={
            "operation": request.operation.id if request.operation else None,
            "user_id": request.caller.user_id if request.caller else None,
            "milliseconds": round(seconds * 1000, 1),
        },
    )
