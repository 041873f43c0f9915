"""
What is counted with each request.

Plain numbers in the process that answers, which the event loop alone changes: counting takes less than a microsecond.
Another thread may read them at any time. It copies a dictionary, or a list, in one step of the interpreter.
"""

from bisect import bisect_left
from collections.abc import Iterable

from .catalogue import ACTIVE_REQUESTS, BOUNDS, CACHE_ANSWERS, REQUEST_DURATION
from .snapshot import Labels, Snapshot, Value, single

# Operation, route, method, status.
Key = tuple[str, str, str, int]
HIT, MISS, BYPASS = "hit", "miss", "bypass"


class RequestCounts:
    """How many requests there were, and how long each took; none of the labels is what a client has written."""

    def __init__(self) -> None:
        self.active = 0
        self._durations: dict[Key, list[float]] = {}

    def note(self, key: Key, seconds: float) -> None:
        """Count one request."""
        found = self._durations.get(key)
        if found is None:
            found = self._durations[key] = [0.0] * (len(BOUNDS) + 2)
        found[bisect_left(BOUNDS, seconds)] += 1
        found[-1] += seconds

    def snapshot(self) -> Snapshot:
        """Return the figures of now."""
        durations: dict[Labels, Value] = {
            (operation, route, method, str(status)): tuple(numbers)
            for (operation, route, method, status), numbers in self._durations.copy().items()
        }
        return {REQUEST_DURATION.name: durations} | single(ACTIVE_REQUESTS, self.active)


class CacheCounts:
    """How many answers of each operation with a response cache were kept ones."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], int] = {}

    def expect(self, operations: Iterable[str]) -> None:
        """Begin with zero, so that the first answer shows as a growth."""
        self._answers |= {(operation, result): 0 for operation in operations for result in (HIT, MISS, BYPASS)}

    def note(self, operation: str, result: str) -> None:
        """Count one answer."""
        self._answers[operation, result] += 1

    def snapshot(self) -> Snapshot:
        """Return the figures of now."""
        return {CACHE_ANSWERS.name: {labels: (number,) for labels, number in self._answers.copy().items()}}
