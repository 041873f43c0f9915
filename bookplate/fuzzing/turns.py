"""Turns of the engine and of those who look at what it has sent."""

import threading

# How long the engine waits for somebody to look at a scenario: seconds.
MOST_SECONDS = 1.0


class Turns:
    """
    Keeps the engine from beginning a scenario before somebody has looked at the end of the one before.

    The engine works in threads of its own, and puts its events where nobody may have read them yet. A user whom a scenario
    has ended would sign the next one. Where nobody looks in time, it is not held up again.
    """

    def __init__(self, seconds: float = MOST_SECONDS) -> None:
        self.seconds = seconds
        self.is_off = False
        self._now = ""
        self._over: set[str] = set()
        self._changed = threading.Condition()

    def begin(self, label: str) -> None:
        """Return when a request of a scenario may be signed: once the scenario of another label before it was looked at."""
        with self._changed:
            before, self._now = self._now, label
            if before == label:
                return
            self._over.discard(label)
            if before and not self.is_off:
                self.is_off = not self._changed.wait_for(lambda: before in self._over, self.seconds)

    def finish(self, label: str) -> None:
        """Say that somebody has looked at the end of a scenario."""
        with self._changed:
            self._over.add(label)
            self._changed.notify_all()
