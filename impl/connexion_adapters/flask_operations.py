"""
One hop from connexion into Flask.

connexion's own bridge starts several tasks and thread switches per request, limits itself to ten threads that cannot be
set (spec-first/connexion#1979), and rebuilds each handler's decorators on every call.
"""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from a2wsgi.wsgi import build_environ
from connexion.apps.flask import FlaskApi
from connexion.middleware.abstract import SpecMiddleware
from connexion.spec import Specification
from flask import Flask
from starlette.types import Receive, Scope, Send
from werkzeug.routing import BaseConverter

from .. import request_context
from ..backends.connections import repeating
from ..backends.workers import Pool, Workers
from ..contract.paths import CANONICAL_INTEGER
from ..edge.asgi import send_answer
from ..handlers import Handler
from ..representation.answer import Answer
from ..request_context import RequestContext

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
    def make_operation(self, operation: Any) -> Any:
        """Use the view as the resolver made it."""
        return operation.function


class FlaskOperations(SpecMiddleware):
    """The innermost application: Flask, in a worker thread."""

    def __init__(self, flask: Flask, workers: Workers, handlers: Mapping[str, Handler]) -> None:
        self.flask = flask
        self.workers = workers
        self._marks = {name: handler.marks for name, handler in handlers.items()}
        flask.url_map.converters["int"] = CanonicalIntegerConverter
        flask.url_map.merge_slashes = False
        flask.config.update(PROPAGATE_EXCEPTIONS=True, TRAP_HTTP_EXCEPTIONS=True)

    def add_api(self, specification: Specification, **kwargs: Any) -> None:
        """Register the views of one document."""
        self.flask.register_blueprint(_PlainApi(specification, **kwargs).blueprint)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = request_context.current()
        pool = self._pool_for(request)
        if pool is None:
            answer = self._run(scope, request.content)
        else:
            answer = await pool.run(repeating(self._run), scope, request.content)
        await send_answer(answer, send)

    def _pool_for(self, request: RequestContext) -> Pool | None:
        """Return the pool of the kind of work that a request is; None where it needs no thread."""
        assert request.operation is not None
        marks = self._marks[request.operation.id]
        if marks.is_threadless:
            return None
        if marks.hashes_password and marks.hashes_password(request.arguments):
            return self.workers.passwords
        return self.workers.reads if request.operation.method == "GET" else self.workers.writes

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
        fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
        return Answer(int(status[:3]), fields, body)
