"""A service that the reference can do without: while it is away, nobody waits for it."""

import logging
import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

# Seconds for which a service that failed is left alone.
REST = 5.0
# It is slow where each of the last calls took longer than so many seconds. The quickest of them counts, since a machine
# that is busy delays some calls, and a network that is slow delays all.
SLOW, CALLS = 0.04, 8
T = TypeVar("T")
log = logging.getLogger(__name__)


class Outage:
    """
    Whether one service is left alone just now.

    Limits and cache share the object of their Redis: when one of them has waited for it in vain, the other does not wait too.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = Lock()
        self._ends = 0.0
        # How often a rest began, each failed attempt to end one not counted.
        self.rests = 0
        self._durations: deque[float] = deque(maxlen=CALLS)

    def attempt(self, call: Callable[[], T], otherwise: Callable[[], T]) -> T:
        """Call the service; do the other thing when that fails, or when it failed a few seconds ago."""
        rest = self._may_call()
        if rest is None:
            return otherwise()
        began = time.monotonic()
        try:
            result = call()
        except Exception as error:
            # The kind alone: a message may hold an address with a password.
            self.begin(type(error).__name__)
            return otherwise()
        with self._lock:
            self._durations.append(time.monotonic() - began)
            if self._ends == rest:
                # Not where another caller has found it away or slow meanwhile.
                self._ends = 0.0
        return result

    def is_resting(self) -> bool:
        """Tell whether the service is left alone just now."""
        return time.monotonic() < self._ends

    def is_slow(self) -> bool:
        """Tell whether the last calls were answered, and each of them late."""
        with self._lock:
            return len(self._durations) == CALLS and min(self._durations) > SLOW

    def begin(self, reason: str) -> None:
        """Leave the service alone for some seconds; the first who finds that out logs the reason."""
        with self._lock:
            is_known = time.monotonic() < self._ends
            self._ends = time.monotonic() + REST
            self._durations.clear()
            self.rests += not is_known
        if not is_known:
            log.warning("%s cannot be used: %s", self._name, reason)

    def _may_call(self) -> float | None:
        """Return when the rest ends that a good answer would end now, 0 where there is none; None during a rest."""
        with self._lock:
            if not self._ends:
                return 0.0
            if time.monotonic() < self._ends:
                return None
            # One caller tries whether it is back; the others go on without it until that is known.
            self._ends = time.monotonic() + REST
            return self._ends
