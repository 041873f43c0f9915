"""
operationId to view, for connexion: what impl/handlers.py has found.

connexion turns a broken import into a silent 501 ahead of security; the handlers were found before, at the start.
"""

import functools
from collections.abc import Mapping
from typing import Any

from connexion.resolver import Resolution, Resolver

from ..handlers import Handler
from ..representation.answer import Answer
from ..representation.responses import respond
from ..request_context import RequestContext


class HandlerResolver(Resolver):
    """Gives connexion a view for each operation."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        super().__init__()
        self._handlers = handlers

    def resolve(self, operation: Any) -> Resolution:
        """Return the view of an operation."""
        handler = self._handlers[operation.operation_id]
        return Resolution(_view(handler), handler.operation.id)


def _view(handler: Handler) -> Any:
    operation = handler.operation

    @functools.wraps(handler.function)
    def view(request: RequestContext) -> Answer:
        return respond(operation, handler.call(request))

    return view
