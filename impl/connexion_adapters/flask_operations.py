"""
One hop from connexion into Flask.

connexion's own bridge starts several tasks and thread switches per request, limits itself to ten threads that cannot be
set (spec-first/connexion#1979), and rebuilds each handler's decorators on every call.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from a2wsgi.wsgi import build_environ
from connexion.apps.flask import FlaskApi
from connexion.middleware.abstract import SpecMiddleware
from connexion.spec import Specification
from flask import Flask
from starlette.types import Receive, Scope, Send
from werkzeug.routing import BaseConverter

from .. import current
from ..backends.connections import repeating
from ..backends.workers import Pool, Workers
from ..contract.paths import CANONICAL_INTEGER

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
# Handlers get arguments, and read neither fields nor query. Werkzeug and Flask would: Upgrade makes a request one for a
# WebSocket, which no rule matches; Host chooses a subdomain; Cookie is a session, and all of them are work.
NOTHING_OF_THE_CLIENT = {
    "headers": [],
    "query_string": b"",
    "root_path": "",
    "scheme": "http",
    "server": ("localhost", 80),
}


class CanonicalIntegerConverter(BaseConverter):
    """The same integers that the first router takes; the value itself was read there."""

    regex = CANONICAL_INTEGER


class _PlainApi(FlaskApi):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.threadless: set[str] = set()
        self.hashing: dict[str, Callable[[dict[str, Any]], bool]] = {}
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: Any) -> Any:
        """Use the view as the resolver made it."""
        if getattr(operation.function, "needs_no_thread", False):
            self.threadless.add(operation.operation_id)
        if when := getattr(operation.function, "hashes_password", None):
            self.hashing[operation.operation_id] = when
        return operation.function


class FlaskOperations(SpecMiddleware):
    """The innermost application: Flask, in a worker thread."""

    def __init__(self, flask: Flask, workers: Workers) -> None:
        self.flask = flask
        self.workers = workers
        flask.url_map.converters["int"] = CanonicalIntegerConverter
        flask.url_map.merge_slashes = False
        flask.config.update(PROPAGATE_EXCEPTIONS=True, TRAP_HTTP_EXCEPTIONS=True)

    def add_api(self, specification: Specification, **kwargs: Any) -> None:
        """Register the views of one document."""
        api = _PlainApi(specification, **kwargs)
        self.flask.register_blueprint(api.blueprint)
        self._threadless, self._hashing = api.threadless, api.hashing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = current.request.get()
        if request.operation and request.operation.id in self._threadless:
            status, headers, body = self._run(scope, request.content)
        else:
            pool = self._pool_for(scope, request)
            status, headers, body = await pool.run(repeating(self._run), scope, request.content)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _pool_for(self, scope: Scope, request: current.CurrentRequest) -> Pool:
        when = self._hashing.get(request.operation.id) if request.operation else None
        if when and when(request.arguments):
            return self.workers.passwords
        return self.workers.reads if scope["method"] in ("GET", "HEAD") else self.workers.writes

    def _run(self, scope: Scope, content: bytes) -> Answer:
        environ = build_environ(dict(scope) | NOTHING_OF_THE_CLIENT, BytesIO(content))  # type: ignore[arg-type]
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _exc: Any = None) -> None:
            started.append((status, headers))

        chunks = self.flask.wsgi_app(environ, start_response)  # type: ignore[arg-type]
        try:
            body = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        status, headers = started[-1]
        return (int(status[:3]), [(name.lower().encode(), value.encode("latin-1")) for name, value in headers], body)
