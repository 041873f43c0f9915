"""Whether the server is about to end: its server says so, and each answer from then on tells the client."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from starlette.types import Scope

P = ParamSpec("P")
R = TypeVar("R")

STATE = "stopping"
CLOSE = (b"connection", b"close")


class Stopping:
    """One flag, set by a signal handler: nothing here takes a lock."""

    def __init__(self) -> None:
        self.has_begun = False


def is_stopping(scope: Scope) -> bool:
    """Tell whether the server that took this request is about to end; a server of another kind never says so."""
    stopping = scope.get("state", {}).get(STATE)
    return isinstance(stopping, Stopping) and stopping.has_begun


def refused_while_stopping(handler: Callable[P, R]) -> Callable[P, R]:
    """Mark a handler that is not asked from the moment on in which the server is asked to stop: the answer is 503."""
    handler.refused_while_stopping = True  # type: ignore[attr-defined]
    return handler
