"""What the invariants have said of every exchange so far."""

from collections import Counter
from collections.abc import Sequence

from ..contract.document import Document
from ..contract.operation import Operation
from ..wire.exchange import Exchange
from ..wire.outcomes import Violation
from .law import Invariant

Key = tuple[str, str | None]


class Observer:
    """Applies every invariant to every exchange and keeps the first violation for each rule and operation."""

    def __init__(self, document: Document, invariants: Sequence[Invariant]) -> None:
        self.document = document
        self.invariants = invariants
        self.looked: Counter[Key] = Counter()
        self.observed: Counter[tuple[str, int, str]] = Counter()
        self.violations: dict[Key, Violation] = {}

    def forget(self) -> None:
        self.looked.clear()
        self.observed.clear()
        self.violations.clear()

    def look(self, exchange: Exchange, operation: Operation | None) -> None:
        """
        Judge an exchange about an operation; None where it was about none.

        What is sent to the path of an operation with another method is no request of it: its responses promise nothing of
        the answer. Findings are told of the operation all the same. HEAD is answered as GET (RFC 9110, section 9.3.2).
        """
        served = operation if operation is not None and operation.serves(exchange.method) else None
        if served is not None and served.method == exchange.method:
            self.observed[served.id, exchange.status, exchange.media_type] += 1
        for rule in self.invariants:
            if operation is not None and not rule.applies(operation):
                continue
            key = (rule.id, operation.id if operation else None)
            try:
                self.looked[key] += rule.judge(exchange, served, self.document)
            except Violation as violation:
                self.looked[key] += 1
                violation.exchanges = violation.exchanges or (exchange,)
                self.violations.setdefault(key, violation)
