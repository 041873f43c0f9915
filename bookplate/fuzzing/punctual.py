"""Events of the engine, up to the end of the run's time: what it is busy with then is not waited for."""

import queue
import threading
from collections.abc import Iterator
from typing import Any

from ..wire.connection import Admission

# How long the engine may take after the end, for what it has begun: seconds.
GRACE = 1.0


class Outlived:
    """What an engine yields, taken from a thread of its own, since it may draw data for seconds without a word."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        # It goes no further than one event ahead: what is sent is sent for somebody who looks at it.
        self._taken: queue.Queue[Any] = queue.Queue(maxsize=1)
        self._is_left = threading.Event()
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        try:
            for event in self._events:
                self._put(event)
                if self._is_left.is_set():
                    return
        except BaseException as problem:
            self._put(Failed(problem))
        self._put(OVER)

    def _put(self, what: Any) -> None:
        while not self._is_left.is_set():
            try:
                self._taken.put(what, timeout=GRACE)
            except queue.Full:
                continue
            return

    def until_closed(self, admission: Admission, grace: float = GRACE) -> Iterator[Any]:
        """Yield the events as they come; end where nothing came for some seconds, and nothing may be sent any more."""
        try:
            while True:
                try:
                    event = self._taken.get(timeout=grace)
                except queue.Empty:
                    if admission.closed:
                        return
                    continue
                if event is OVER:
                    return
                if isinstance(event, Failed):
                    raise event.problem
                yield event
        finally:
            self._is_left.set()


class Failed:
    """What an engine has raised."""

    def __init__(self, problem: BaseException) -> None:
        self.problem = problem


OVER = object()


def punctual(events: Iterator[Any], admission: Admission) -> Iterator[Any]:
    """Yield the events of an engine: all of them where the run has no end, else those that come before it."""
    if admission.connection.time_budget is None:
        return events
    return Outlived(events).until_closed(admission)
