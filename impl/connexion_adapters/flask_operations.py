"""
One hop from connexion into Flask, and no second request there.

connexion's own bridge starts several tasks and thread switches per request, limits itself to ten threads that cannot be
set (spec-first/connexion#1979), and rebuilds each handler's decorators on every call. Flask would route again, by other
rules, and make a request that nobody reads: handlers get arguments.
"""

from collections.abc import Callable, Mapping
from typing import Any

from connexion.apps.flask import FlaskApi
from connexion.middleware.abstract import SpecMiddleware
from connexion.spec import Specification
from flask import Flask
from starlette.types import Receive, Scope, Send

from ..backends.connections import repeating
from ..backends.workers import Pool, Workers
from ..contract.contract import Operation
from ..edge.asgi import Inner
from ..handlers import Handler
from ..representation.answer import Answer
from ..request_context import RequestContext

# What is done in the thread before the view is called; raises a Problem.
Check = Callable[[RequestContext], None]


class _PlainApi(FlaskApi):
    def make_operation(self, operation: Any) -> Any:
        """Use the view as the resolver made it."""
        return operation.function


class FlaskOperations(SpecMiddleware):
    """The innermost application: Flask's views, each called in Flask's context and in a worker thread."""

    def __init__(self, flask: Flask, workers: Workers, handlers: Mapping[str, Handler]) -> None:
        self._flask = flask
        self._workers = workers
        self._handlers = handlers
        self._endpoints: dict[str, str] = {}

    def add_api(self, specification: Specification, **kwargs: Any) -> None:
        """Register the views of one document with Flask."""
        blueprint = _PlainApi(specification, **kwargs).blueprint
        self._flask.register_blueprint(blueprint)
        for name in self._handlers:
            self._endpoints[name] = f"{blueprint.name}.{name}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse: the router leads to the view of one operation, and never here."""
        raise RuntimeError("a request came to Flask without an operation")

    def view_of(self, operation: Operation, *checks: Check) -> Inner:
        """Return what asks the view of an operation, after some checks, in a thread that suits its work."""
        view = self._flask.view_functions[self._endpoints[operation.id]]
        flask = self._flask

        def ask(request: RequestContext) -> Answer:
            with flask.app_context():
                for check in checks:
                    check(request)
                answer: Answer = flask.ensure_sync(view)(request)
                return answer

        async def answer(request: RequestContext) -> Answer:
            pool = self._pool_for(operation, request)
            return ask(request) if pool is None else await pool.run(repeatable, request)

        repeatable = repeating(ask)
        return answer

    def _pool_for(self, operation: Operation, request: RequestContext) -> Pool | None:
        """Return the pool of the kind of work that a request is; None where it needs no thread."""
        marks = self._handlers[operation.id].marks
        if marks.is_threadless:
            return None
        if request.refusal is not None:
            return self._workers.reads
        if marks.hashes_password and marks.hashes_password(request.arguments):
            return self._workers.passwords
        return self._workers.reads if operation.method == "GET" else self._workers.writes
