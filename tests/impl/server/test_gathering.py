"""The figures of workers reach the supervisor, at the latest when a worker ends, and outlast it."""

import time
from collections.abc import Callable
from multiprocessing import Pipe

from impl.metrics.catalogue import ACTIVE_REQUESTS, REFUSALS, SERVER_PROCESSES
from impl.metrics.figures import Figures
from impl.metrics.snapshot import Snapshot, by_label
from impl.server.gathering import LAST_SECONDS, SECONDS_BETWEEN_REPORTS, Gathering, Reporter

from ..reference_server import PATIENCE


def refusals(snapshot: Snapshot) -> object:
    """Return what is known of refusals."""
    return snapshot.get(REFUSALS.name)


def take_until(gathering: Gathering, is_so: Callable[[Snapshot], bool]) -> Snapshot:
    """Take figures until they are as they should be."""
    deadline = time.monotonic() + PATIENCE
    while not is_so(snapshot := gathering.take()):
        assert time.monotonic() < deadline, snapshot
        time.sleep(0.02)
    return snapshot


def test_end_of_a_worker_loses_nothing() -> None:
    """A worker that ends before its next report sends one more; its counts stay and its gauges go."""
    gathering = Gathering()
    incoming, outgoing = Pipe(duplex=False)
    gathering.listen_to(incoming)
    counted = {"reads": 0.0}
    reporter = Reporter(outgoing)
    reporter.start(Figures([lambda: by_label(REFUSALS, counted)]))
    counted["reads"] = 3.0
    began = time.monotonic()
    reporter.finish()
    took = time.monotonic() - began
    take_until(gathering, lambda snapshot: SERVER_PROCESSES.name in snapshot)
    outgoing.close()
    after = take_until(gathering, lambda snapshot: SERVER_PROCESSES.name not in snapshot)

    assert took < SECONDS_BETWEEN_REPORTS
    assert refusals(after) == {("reads",): (3.0,)}
    assert ACTIVE_REQUESTS.name not in after


def test_report_that_ends_in_the_middle_is_none() -> None:
    """A worker that is killed while it reports leaves what it had reported before."""
    gathering = Gathering()
    incoming, outgoing = Pipe(duplex=False)
    gathering.listen_to(incoming)
    outgoing.send(by_label(REFUSALS, {"reads": 2}))
    take_until(gathering, lambda snapshot: REFUSALS.name in snapshot)
    # The length of a message that does not come.
    outgoing._send(b"\x00\x00\x10\x00begin")  # type: ignore[attr-defined]  # no public call sends half of a message
    outgoing.close()
    following, last = Pipe(duplex=False)
    gathering.listen_to(following)
    last.send(by_label(REFUSALS, {"reads": 1}))
    last.close()

    take_until(gathering, lambda snapshot: refusals(snapshot) == {("reads",): (3,)})


def test_supervisor_that_does_not_read_holds_up_no_end() -> None:
    """The end of a worker waits for a report that nobody takes for a moment only."""
    incoming, outgoing = Pipe(duplex=False)
    reporter = Reporter(outgoing)
    reporter.start(Figures([lambda: by_label(REFUSALS, {str(number): number for number in range(100_000)})]))
    began = time.monotonic()
    reporter.finish()
    took = time.monotonic() - began
    # The thread that is stuck in the report ends.
    incoming.close()

    assert took < 10 * LAST_SECONDS
