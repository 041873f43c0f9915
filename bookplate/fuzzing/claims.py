"""
What a 400 to valid content is about, where the service may answer so to a value that is taken.

Many services answer 400 as well as 409 there, and keep 422 for content that is wrong. So such a 400 is let pass, unless
the service shows that it means something else: it gets content that it has accepted once more, where all values are taken.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ..contract.operation import Operation
from ..wire.exchange import Exchange
from .excuses import excused, takes_what_nobody_knows

BAD_REQUEST = 400
# What says that values are taken in another way, or that values may stand twice.
SAYS_SOMETHING_ELSE = (200, 201, 202, 204, 409, 422)

Send = Callable[[Exchange], Exchange | None]


def is_claim(operation: Operation) -> bool:
    """Tell whether an operation may answer 400 to values that are taken: content that is wrong gets the 422 there."""
    return operation.adds and operation.documents(422)


@dataclass(frozen=True)
class Sent:
    """A request as the excuses read it."""

    headers: dict[str, str]
    body: bytes | str | None


@dataclass
class Claims:
    """Valid content that creators have accepted, and that they have answered 400; of each the shortest."""

    accepted: dict[str, Exchange] = field(default_factory=dict)
    refused: dict[str, Exchange] = field(default_factory=dict)

    def note(self, exchange: Exchange, operation: Operation) -> None:
        """Keep an answer to content that its schema allows."""
        if not is_claim(operation) or operation.has_parameter("Idempotency-Key", "header"):
            return
        if 200 <= exchange.status < 300:
            keep_shorter(self.accepted, exchange, operation)
        is_mistaken = takes_what_nobody_knows(operation) or excused(exchange.status, sent(exchange), operation)
        if exchange.status == BAD_REQUEST and not is_mistaken:
            keep_shorter(self.refused, exchange, operation)

    def wrong(self, send: Send) -> Iterator[tuple[str, tuple[Exchange, ...]]]:
        """
        Yield each operation whose 400 is not about values that are taken, with the exchanges that show it.

        `send` sends a request again and returns the exchange; None where it cannot be sent. Where that makes something, what
        was made at first is perhaps gone, as other requests delete: then its values are taken now, and it is sent once more.
        """
        for operation_id in self.refused.keys() & self.accepted.keys():
            first = self.accepted[operation_id]
            again = send(first)
            if again is not None and 200 <= again.status < 300:
                first, again = again, send(again)
            if again is not None and again.status in SAYS_SOMETHING_ELSE:
                yield operation_id, (first, again, self.refused[operation_id])


def keep_shorter(kept: dict[str, Exchange], exchange: Exchange, operation: Operation) -> None:
    known = kept.get(operation.id)
    if known is None or len(exchange.request_body) < len(known.request_body):
        kept[operation.id] = exchange


def sent(exchange: Exchange) -> Sent:
    return Sent({name.title(): value for name, value in exchange.request_headers}, exchange.request_body)
