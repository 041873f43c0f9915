"""
How long a request may take: it is given up in time, and what was given up is never committed.

A server that is frozen keeps its connections open and enforces none of its own timeouts, so there is a deadline on
this side. The awaiting side (the event loop) and the working side (a thread) share one Deadline. Either the loop gives
up first, and then no commit begins, or the commit begins first, and then the loop waits a little longer for it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from threading import Lock
from types import TracebackType

from ..problems import OutcomeUnknown, Unavailable
from ..process.tally import Tally

Cut = Callable[[], None]
log = logging.getLogger(__name__)
SHORTEST_WAIT = 0.02
OUTCOMES = GIVEN_UP, UNKNOWN = "given_up", "outcome_unknown"
# How much work of this process was not done in time; as its log, this belongs to the process.
exceeded = Tally()


class State(Enum):
    """How far the work of a request has come."""

    WORKING = "working"
    COMMITTING = "committing"
    COMMITTED = "committed"
    GIVEN_UP = "given up"


class Deadline:
    """The deadline of one request, shared by the event loop and the thread that works for it."""

    def __init__(self, seconds: float, late: str | None = None) -> None:
        self._lock = Lock()
        self._late = late
        self._state = State.WORKING
        self._ends = time.monotonic() + seconds
        self._paused_at: float | None = None
        self._pauses = 0
        self._cuts: dict[int, Cut] = {}

    def seconds_left(self) -> float:
        """Return how long the work may still take; during a pause that does not become less."""
        with self._lock:
            return self._ends - (time.monotonic() if self._paused_at is None else self._paused_at)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the clock for work that does not depend on the database, such as hashing a password."""
        with self._lock:
            self._pauses += 1
            if self._paused_at is None:
                self._paused_at = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._pauses -= 1
                if self._pauses == 0 and self._paused_at is not None:
                    self._ends += time.monotonic() - self._paused_at
                    self._paused_at = None

    def extend(self, seconds: float) -> None:
        """Give the work some seconds more."""
        with self._lock:
            self._ends += seconds

    def give_up(self) -> bool:
        """Give up unless a commit has begun; return whether that was so. Connections in use are cut."""
        with self._lock:
            if self._state is State.WORKING:
                self._state = State.GIVEN_UP
            if self._state is State.GIVEN_UP:
                self._cut_connections()
            return self._state is State.GIVEN_UP

    def abandon(self) -> None:
        """Cut the connections even if a commit has begun."""
        with self._lock:
            self._cut_connections()

    def begin_commit(self) -> None:
        """
        Claim the right to commit; the awaiting side can no longer give up.

        Raises Unavailable if it has given up.
        """
        with self._lock:
            if self._state is State.GIVEN_UP:
                raise Unavailable()
            self._state = State.COMMITTING

    def end_commit(self, *, was_applied: bool) -> None:
        """Note how a commit ended: applied, or rolled back for certain."""
        with self._lock:
            self._state = State.COMMITTED if was_applied else State.WORKING

    def hold(self, key: int, cut: Cut) -> None:
        """
        Note a connection that works for this request, and how to cut it.

        Raises Unavailable if the request was given up.
        """
        with self._lock:
            if self._state is State.GIVEN_UP:
                raise Unavailable()
            self._cuts[key] = cut

    def release(self, key: int) -> None:
        """Forget a connection that no longer works for this request."""
        with self._lock:
            self._cuts.pop(key, None)

    @property
    def may_repeat(self) -> bool:
        """Tell whether the work may begin anew: nothing was committed, and somebody still waits for it."""
        with self._lock:
            return self._state is State.WORKING

    @property
    def problem(self) -> Unavailable:
        """What the client is answered when the time is over."""
        with self._lock:
            return Unavailable(self._late) if self._state is State.GIVEN_UP else OutcomeUnknown()

    def _cut_connections(self) -> None:
        for cut in self._cuts.values():
            cut()
        self._cuts.clear()


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def current() -> Deadline | None:
    """Return the deadline of the request that is being answered; None where there is none, as in a command."""
    return _current.get()


@contextmanager
def paused() -> Iterator[None]:
    """Stop the clock of the present request, if there is one."""
    deadline = current()
    if deadline is None:
        yield
    else:
        with deadline.paused():
            yield


class WaitingClock:
    """How long a request waits for its turn; that time can be given back to its deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._since = time.monotonic()

    def give_back(self) -> None:
        """Give the deadline what was waited, from now on anew."""
        now = time.monotonic()
        self._deadline.extend(now - self._since)
        self._since = now


class Watch:
    """Watches one deadline from the event loop."""

    def __init__(self, deadline: Deadline, grace: float, timeout: asyncio.Timeout) -> None:
        self.deadline = deadline
        self._grace = grace
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(deadline.seconds_left(), self._look)

    @property
    def has_ended(self) -> bool:
        """Whether the time was over before the work."""
        return self._timeout.expired()

    def stop(self) -> None:
        """End the watch: the answer has begun, and its transmission has no deadline."""
        self._timer.cancel()
        if self._timeout.when() is not None and not self._timeout.expired():
            # The time was over in the very moment in which the answer came.
            self._timeout.reschedule(None)

    def _look(self) -> None:
        left = self.deadline.seconds_left()
        if left > 0:
            # During a pause what is left may be next to nothing, for long.
            self._timer = self._loop.call_later(max(left, SHORTEST_WAIT), self._look)
        elif self.deadline.give_up():
            self._expire()
        else:
            self._timer = self._loop.call_later(self._grace, self._abandon)

    def _abandon(self) -> None:
        self.deadline.abandon()
        self._expire()

    def _expire(self) -> None:
        self._timeout.reschedule(self._loop.time())


class limited:
    """
    Give the block some seconds, and `grace` more once a commit has begun; `late` is said where they are over.

    Raises Unavailable, or OutcomeUnknown where the commit did not end in time. Work that still waits for a thread is
    cancelled; a thread that is stuck in a connection comes back, because the connection is cut. A class, since a
    generator for each request costs more than all that it does.
    """

    def __init__(self, seconds: float, grace: float = 0.0, late: str | None = None) -> None:
        self._deadline = Deadline(seconds, late)
        self._grace = grace

    async def __aenter__(self) -> Watch:
        """Begin."""
        self._token = _current.set(self._deadline)
        self._timeout = asyncio.timeout(None)
        self._watch = Watch(self._deadline, self._grace, self._timeout)
        await self._timeout.__aenter__()
        return self._watch

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End, and say what is over."""
        # First, since a timeout that has ended can no longer be told that it is not wanted.
        self._watch.stop()
        _current.reset(self._token)
        try:
            await self._timeout.__aexit__(kind, error, traceback)
        except TimeoutError:
            problem = self._deadline.problem
            exceeded.add(UNKNOWN if isinstance(problem, OutcomeUnknown) else GIVEN_UP)
            log.warning("given up, since the database does not answer: %s", type(problem).__name__)
            raise problem from None
