"""How requests travel, as the user has asked for it, and the one place that lets each of them out."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from .outcomes import NotChecked

# RFC 9110, section 9.2.1: the request methods that are defined to be safe, without TRACE, which no client needs.
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Connection:
    """
    How requests travel to the target.

    `timeout` is how many seconds an answer may take. `ca` is a file of certificates in PEM; None means those that the
    machine trusts. `verify` is false where any certificate is taken. `headers` are added to every request.
    `rate` is the most requests a second, `most_requests` the most of a run, `time_budget` the most seconds of a run;
    None sets no limit. With `read_only` nothing is sent but GET, HEAD and OPTIONS. `seed` says which of several addresses
    of one service is the first.
    """

    timeout: float = 10.0
    ca: str | None = None
    verify: bool = True
    headers: tuple[tuple[str, str], ...] = ()
    rate: float | None = None
    most_requests: int | None = None
    time_budget: float | None = None
    read_only: bool = False
    seed: int = 1


class Admission:
    """
    Lets requests out: every one of the run, by whatever it is sent, asks here first.

    `sent` is how many were let out. The clock is in seconds and starts with the object. `too_late` is said where the time
    is used up, in place of naming the option.
    """

    def __init__(
        self,
        connection: Connection,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        *,
        too_late: str = "",
    ) -> None:
        self.connection = connection
        self.too_late = too_late
        # Is told of each wait before it begins: its seconds, and what is waited for.
        self.on_wait: Callable[[float, str], None] = lambda seconds, what: None
        self.sent = 0
        self._now = now
        self._sleep = sleep
        self._share = 1.0
        self._started = now()
        self._next = self._started
        self._lock = threading.Lock()

    def add_to_every_request(self, headers: Iterable[tuple[str, str]]) -> None:
        """Let every later request have these header fields, in place of those that the connection has."""
        self.connection = replace(self.connection, headers=tuple(headers))

    def admit(self, method: str) -> None:
        """Return when a request may be sent, at the pace that is asked for; NotChecked where it may not be sent at all."""
        if self.connection.read_only and method not in SAFE_METHODS:
            raise NotChecked(f"--read-only: it needs a {method}")
        with self._lock:
            if reason := self.closed:
                raise NotChecked(reason)
            self.sent += 1
            pause = self._pause()
        if pause > 0:
            self._sleep(pause)

    def wait(self, seconds: float, what: str = "a limit of the service") -> None:
        """
        Let seconds pass before the next request; `what` is what is waited for, in words.

        NotChecked where the time of the run would be used up by then.
        """
        self.require(seconds)
        self.on_wait(seconds, what)
        self._sleep(seconds)

    def require(self, seconds: float) -> None:
        """Raise NotChecked where the time of the run would be used up after some seconds."""
        budget = self.connection.time_budget
        if budget is not None and self._spent + seconds >= budget * self._share:
            raise NotChecked(self.too_late or f"time: --time-budget leaves no {seconds:g} s to wait")

    def note(self) -> None:
        """Count a request that was sent before anybody could say whether it might be."""
        with self._lock:
            self.sent += 1

    def beyond(self, seconds: float, too_late: str) -> "Admission":
        """
        Return what lets requests out beyond the budget of time, for some seconds: those that delete what was made.

        A number of requests that is allowed is never exceeded.
        It is another one: whoever still works for the run, such as an engine that nobody waits for, sends nothing by it.
        """
        most = self.connection.most_requests
        requests = None if most is None else max(int(most * self._share) - self.sent, 0)
        connection = replace(self.connection, most_requests=requests, time_budget=seconds)
        later = Admission(connection, self._now, self._sleep, too_late=too_late)
        later._next = self._next
        later.on_wait = self.on_wait
        return later

    def keep_half(self) -> None:
        """Keep half of the budgets for a process that goes on with the run."""
        self._share = 0.5

    @property
    def closed(self) -> str:
        """Why nothing can be sent any more: time or requests are used up; empty while something can."""
        most, budget = self.connection.most_requests, self.connection.time_budget
        if budget is not None and self._spent >= budget * self._share:
            return self.too_late or "time: --time-budget was used up"
        if most is not None and self.sent >= int(most * self._share):
            return "requests: --max-requests were used up"
        return ""

    def left(self) -> Connection:
        """Return the connection with what is left of the run, for a process that goes on with it."""
        given = self.connection
        requests = None if given.most_requests is None else max(given.most_requests - self.sent, 0)
        seconds = None if given.time_budget is None else max(given.time_budget - self._spent, 0.0)
        return replace(given, most_requests=requests, time_budget=seconds)

    @property
    def _spent(self) -> float:
        """How many seconds have passed since the run began."""
        return self._now() - self._started

    def _pause(self) -> float:
        """Return how many seconds the next request has to wait, and keep its place in the row."""
        if self.connection.rate is None:
            return 0.0
        place = max(self._next, self._now())
        self._next = place + 1 / self.connection.rate
        return place - self._now()
