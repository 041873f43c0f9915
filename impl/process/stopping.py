"""Whether the server is about to end: its server says so, and each answer from then on tells the client."""

from collections.abc import Mapping
from typing import Any

STATE = "stopping"
CLOSE = (b"connection", b"close")


class Stopping:
    """One flag, set by a signal handler: nothing here takes a lock."""

    def __init__(self) -> None:
        self.has_begun = False


def stopping_of(scope: Mapping[str, Any]) -> Stopping:
    """Return the flag of the server that took a request; a server of another kind never sets one."""
    stopping = scope.get("state", {}).get(STATE)
    return stopping if isinstance(stopping, Stopping) else Stopping()
