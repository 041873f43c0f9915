"""
The figures of several workers as one answer.

Each worker sends its figures to the supervisor, once a second and when it ends. The supervisor adds them up. What a
worker has counted stays after its end, so that no counter goes back while the service runs.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

from ..metrics.figures import Figures, of_process
from ..metrics.snapshot import Snapshot, lasting, total

SECONDS_BETWEEN_REPORTS = 1.0
# How long the end of a worker waits for its last report.
LAST_SECONDS = 1.0


class Reporter:
    """Sends the figures of one worker; a supervisor that does not read holds up nothing but that."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, figures: Figures) -> None:
        """Send from now on."""
        self._thread = threading.Thread(target=self._run, args=(figures.take,), name="figures", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Send once more, if that takes no longer than a moment."""
        self._ends.set()
        if self._thread:
            self._thread.join(LAST_SECONDS)

    def _run(self, take: Callable[[], Snapshot]) -> None:
        # The supervisor has gone where this fails, and the worker ends soon.
        with suppress(OSError):
            while not self._ends.wait(SECONDS_BETWEEN_REPORTS):
                self._connection.send(take())
            self._connection.send(take())


class Gathering:
    """What all workers have reported, with those that have ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: dict[Connection, Snapshot] = {}
        self._of_ended: Snapshot = {}

    def listen_to(self, connection: Connection) -> None:
        """Take the reports of a worker until it ends; in a thread, since a worker may freeze in the middle of one."""
        threading.Thread(target=self._run, args=(connection,), name="figures", daemon=True).start()

    def take(self) -> Snapshot:
        """Return the figures of all workers, and what the supervisor itself uses."""
        with self._lock:
            known = [self._of_ended, *self._latest.values()]
        return total([*known, of_process()])

    def _run(self, connection: Connection) -> None:
        # The end of the worker is the end of what it sends, perhaps in the middle.
        with suppress(EOFError, OSError), connection:
            while True:
                snapshot = connection.recv()
                with self._lock:
                    self._latest[connection] = snapshot
        with self._lock:
            last = self._latest.pop(connection, {})
            self._of_ended = total([self._of_ended, lasting(last)])
