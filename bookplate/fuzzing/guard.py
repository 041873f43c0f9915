"""What keeps generated requests from ending the users that send them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..contract.destructive import ends_caller
from ..contract.operation import Operation
from ..wire.exchange import Exchange


def nobody_looks(exchange: Exchange, operation: Operation | None) -> None:
    """Let an exchange pass."""
    del exchange, operation


def nobody_is_ended() -> bool:
    return False


def nothing_is_closed() -> str:
    return ""


@dataclass(frozen=True)
class Guard:
    """
    Looks after the users while requests are generated.

    `left_out` are operations that are never called, each with the reason; it may grow meanwhile. `ends` tells whether an
    operation may end its caller, who is then one that nobody else needs. `look` is shown every exchange, and
    `look_after_users` signs in anew whom the service no longer knows, and tells whether there was somebody.
    `closed` says why nothing can be sent any more; it is empty while something can.
    """

    left_out: Mapping[str, str] = field(default_factory=dict)
    ends: Callable[[Operation], bool] = lambda operation: ends_caller(operation) is not None
    look: Callable[[Exchange, Operation | None], None] = nobody_looks
    look_after_users: Callable[[], bool] = nobody_is_ended
    closed: Callable[[], str] = nothing_is_closed
