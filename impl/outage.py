"""A service that the reference can do without: while it is away, nobody waits for it."""

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

# Seconds for which a service that failed is left alone.
REST = 5
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

    def attempt(self, call: Callable[[], T], otherwise: Callable[[], T]) -> T:
        """Call the service; do the other thing when that fails, or when it failed a few seconds ago."""
        if not self._may_call():
            return otherwise()
        try:
            result = call()
        except Exception as error:
            self._begin(error)
            return otherwise()
        self._ends = 0.0
        return result

    def _may_call(self) -> bool:
        with self._lock:
            if not self._ends:
                return True
            if time.monotonic() < self._ends:
                return False
            # One caller tries whether it is back; the others go on without it until that is known.
            self._ends = time.monotonic() + REST
            return True

    def _begin(self, error: Exception) -> None:
        with self._lock:
            is_known = time.monotonic() < self._ends
            self._ends = time.monotonic() + REST
        if not is_known:
            # The kind alone: a message may hold an address with a password.
            log.warning("%s cannot be used: %s", self._name, type(error).__name__)
