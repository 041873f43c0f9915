"""What is known of the request that is being answered."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .auth.tokens import Claims
    from .contract.contract import Operation


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a user with a live session."""

    user_id: int
    session_id: int
    role: str
    tier: str

    @property
    def is_admin(self) -> bool:
        """Tell whether the caller is an admin."""
        return self.role == "admin"


@dataclass(slots=True)
class CurrentRequest:
    """
    One request on its way inwards; `headers` go out with the answer, whatever it becomes.

    `path` is what this service was asked for, `prefix` what stands before it where the client sees it. `target_size`
    counts the bytes of the request target in the form in which it came.
    """

    request_id: str
    address: str = ""
    path: str = ""
    prefix: str = ""
    target_size: int = 0
    content: bytes = b""
    operation: "Operation | None" = None
    claims: "Claims | None" = None
    token_is_bad: bool = False
    caller: Caller | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    # Seconds, in all: impl/edge/aids.py bounds them.
    waited_for_redis: float = 0.0


request: ContextVar[CurrentRequest] = ContextVar("request")
