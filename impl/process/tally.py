"""Counts of what happens seldom."""

from threading import Lock


class Tally:
    """How often each of some things has happened; any thread may add to it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[str, int] = {}

    def add(self, name: str) -> None:
        """Count one more."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + 1

    def of(self, name: str) -> int:
        """Return how often one of them has happened."""
        return self._counts.get(name, 0)
