"""
connexion's router without its redirects, with exact 404, 405 and Allow.

Left alone it redirects a trailing slash to an address built from the Host field, lists the first operation's methods
in Allow, takes `+1` and `007` for integers, and lets unknown paths through to Flask without an operation.
"""

import re
import sys
from collections.abc import Callable, Collection
from typing import Any

import starlette.convertors
from connexion.middleware.routing import RoutingMiddleware
from connexion.spec import Specification
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from .. import request_context
from ..contract.contract import Contract, Operation
from ..contract.paths import CANONICAL_INTEGER, Paths
from ..edge.asgi import Inner, send_answer
from ..problems import MethodNotAllowed, NotFound
from ..representation.answer import Answer

# A slash hidden in a segment and control characters mean one thing to one router and another to the next.
MISLEADING = re.compile(rb"%2f|%5c|//", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class CanonicalInteger(starlette.convertors.Convertor[int]):
    """A path segment that is an integer in its one canonical spelling; a huge one is merely out of range."""

    regex = CANONICAL_INTEGER

    def convert(self, value: str) -> int:
        """Return the number, or one that no schema admits."""
        return int(value) if len(value) < 19 else sys.maxsize

    def to_string(self, value: int) -> str:
        """Write the number."""
        return str(value)


class Routing(RoutingMiddleware):
    """Finds the operation and asks what answers for it; has unrouted requests take their steps, and is 404, 405 or OPTIONS."""

    def __init__(
        self, app: ASGIApp, contract: Contract, unrouted: Inner, answer_of: Callable[[Operation], Inner]
    ) -> None:
        super().__init__(app)
        starlette.convertors.register_url_convertor("int", CanonicalInteger())
        self._contract = contract
        self._unrouted = unrouted
        self._answer_of = answer_of
        self._paths = Paths(contract)
        self._allowed_methods = _allowed_methods(contract)

    def add_api(self, specification: Specification, *args: Any, **kwargs: Any) -> None:
        """
        Route one document, with connexion's routes in connexion's order.

        connexion has a router within a router, and has each layer look its operation up again; one pass is enough.
        """
        super().add_api(specification, *args, **kwargs)
        found = [
            _Route(f"{mount.path}{route.path}", self._endpoint(route.endpoint.operation_id), methods=route.methods)
            for mount in self.router.routes
            for route in mount.app.routes
        ]
        self._routes = Router(found, redirect_slashes=False, default=_nowhere)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = request_context.current()
        if _is_misleading(scope):
            await self._unrouted(request)
            raise NotFound()
        try:
            await self._routes(scope, receive, send)
        except HTTPException:
            await self._unrouted(request)
            await send_answer(self._unrouted_answer(scope), send)

    def _endpoint(self, operation_id: str) -> "_Endpoint":
        operation = self._contract.operations[operation_id]
        return _Endpoint(operation, self._answer_of(operation))

    def _unrouted_answer(self, scope: Scope) -> Answer:
        path = self._paths.find(scope["path"])
        if path is None:
            raise NotFound()
        allow = self._allowed_methods[path]
        if scope["method"] != "OPTIONS":
            raise MethodNotAllowed(allow)
        return Answer(204, [(b"allow", allow.encode())])


class _Route(Route):
    """A route that is not matched against a path which begins otherwise: most of them, for each request."""

    def __init__(self, path: str, endpoint: Callable[..., Any], *, methods: Collection[str] | None) -> None:
        super().__init__(path, endpoint, methods=methods)
        self._begin = self.path_format.partition("{")[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether a request is for this route."""
        return super().matches(scope) if scope["path"].startswith(self._begin) else (Match.NONE, {})


class _Endpoint:
    """Where a route leads: notes operation and path values in the request's context, and sends what answers for it."""

    def __init__(self, operation: Operation, answer: Inner) -> None:
        self._operation = operation
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = request_context.current()
        request.operation = self._operation
        request.path_values = scope["path_params"]
        await send_answer(await self._answer(request), send)


def _is_misleading(scope: Scope) -> bool:
    return bool(MISLEADING.search(scope["raw_path"].partition(b"?")[0]) or CONTROL.search(scope["path"]))


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    raise HTTPException(404)


def _allowed_methods(contract: Contract) -> dict[str, str]:
    methods: dict[str, list[str]] = {}
    for operation in contract.operations.values():
        methods.setdefault(operation.path, []).append(operation.method)
    return {path: _allow(names) for path, names in methods.items()}


def _allow(methods: list[str]) -> str:
    return ", ".join(sorted({*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])}))
