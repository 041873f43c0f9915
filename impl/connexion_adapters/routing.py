"""
connexion's router without its redirects, with exact 404, 405 and Allow.

Left alone it redirects a trailing slash to an address built from the Host field, lists the first operation's methods
in Allow, takes `+1` and `007` for integers, and lets unknown paths through to Flask without an operation.
"""

import re
import sys
from collections.abc import Sequence
from typing import Any

import starlette.convertors
from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.middleware.routing import RoutingMiddleware
from connexion.spec import Specification
from starlette.exceptions import HTTPException
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from .. import request_context
from ..contract.contract import Contract
from ..contract.paths import CANONICAL_INTEGER, Paths
from ..edge.asgi import Step, send_answer
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
    """Finds the operation, or has the steps for unrouted requests taken and answers 404, 405 or OPTIONS itself."""

    def __init__(self, app: ASGIApp, contract: Contract, unrouted: Sequence[Step]) -> None:
        super().__init__(_NotingRoute(app, contract))
        self.router = Router(default=_nowhere, redirect_slashes=False)
        starlette.convertors.register_url_convertor("int", CanonicalInteger())
        self._unrouted = unrouted
        self._paths = Paths(contract)
        self._allowed_methods = _allowed_methods(contract)

    def add_api(self, specification: Specification, *args: Any, **kwargs: Any) -> None:
        """Route one document."""
        super().add_api(specification, *args, **kwargs)
        for mount in self.router.routes:
            mount.app.redirect_slashes = False  # type: ignore[attr-defined]
            mount.app.default = _nowhere  # type: ignore[attr-defined]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one request."""
        if scope["type"] == "http" and _is_misleading(scope):
            await self._take_unrouted()
            raise NotFound()
        try:
            await super().__call__(scope, receive, send)
        except HTTPException:
            await self._take_unrouted()
            await send_answer(self._unrouted_answer(scope), send)

    async def _take_unrouted(self) -> None:
        for step in self._unrouted:
            await step(request_context.current())

    def _unrouted_answer(self, scope: Scope) -> Answer:
        path = self._paths.find(scope["path"])
        if path is None:
            raise NotFound()
        allow = self._allowed_methods[path]
        if scope["method"] != "OPTIONS":
            raise MethodNotAllowed(allow)
        return Answer(204, [(b"allow", allow.encode())])


class _NotingRoute:
    """Notes in the request's context which operation the router found, and the values in its path."""

    def __init__(self, app: ASGIApp, contract: Contract) -> None:
        self._app = app
        self._operations = contract.operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = request_context.current()
            request.operation = self._operations[scope["extensions"][ROUTING_CONTEXT]["operation_id"]]
            request.path_values = scope.get("path_params", {})
        await self._app(scope, receive, send)


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
