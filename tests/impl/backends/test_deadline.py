"""Deadlines: one side wins, whoever is first; work is given up in time, and what was given up is not committed."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

import pytest

from impl.backends import deadline
from impl.backends.deadline import Deadline, limited
from impl.problems import OutcomeUnknown, Unavailable

LONG = 60.0
R = TypeVar("R")


async def in_thread(executor: ThreadPoolExecutor, function: Callable[[], R]) -> R:
    """Run a blocking function in a thread that sees the present deadline."""
    return await asyncio.get_running_loop().run_in_executor(executor, copy_context().run, function)


def test_what_was_given_up_cannot_commit() -> None:
    """After giving up, no commit begins and no connection is taken."""
    request = Deadline(LONG)

    assert request.give_up()
    with pytest.raises(Unavailable):
        request.begin_commit()
    with pytest.raises(Unavailable):
        request.hold(1, lambda: None)
    assert not request.may_repeat


def test_a_commit_that_has_begun_is_not_given_up() -> None:
    """After a commit has begun, giving up fails, and the outcome is unknown until it ends."""
    request = Deadline(LONG)
    request.begin_commit()

    assert not request.give_up()
    assert isinstance(request.problem, OutcomeUnknown)
    assert not request.may_repeat


def test_a_commit_that_was_rolled_back_may_be_repeated() -> None:
    """A commit that the database refused for certain leaves the work open again."""
    request = Deadline(LONG)
    request.begin_commit()
    request.end_commit(was_applied=False)

    assert request.may_repeat
    assert request.give_up()


def test_either_side_wins_and_never_both() -> None:
    """Where both sides act at the same moment, either the commit begins or the request is given up."""
    for _ in range(300):
        request, start = Deadline(LONG), threading.Barrier(2)
        begun: list[bool] = []

        def commit(request: Deadline = request, start: threading.Barrier = start, begun: list[bool] = begun) -> None:
            start.wait()
            try:
                request.begin_commit()
                begun.append(True)
            except Unavailable:
                begun.append(False)

        thread = threading.Thread(target=commit)
        thread.start()
        start.wait()
        is_given_up = request.give_up()
        thread.join()

        assert is_given_up is not begun[0]


def test_giving_up_cuts_the_connections_in_use() -> None:
    """Connections that work for the request are cut, and those that were returned are not."""
    request, cut = Deadline(LONG), []
    request.hold(1, lambda: cut.append("returned"))
    request.hold(2, lambda: cut.append("in use"))
    request.release(1)
    request.give_up()
    request.abandon()

    assert cut == ["in use"]


def test_a_pause_stops_the_clock() -> None:
    """What a pause takes is not taken from the request, also where pauses overlap."""
    request = Deadline(LONG)
    with request.paused(), request.paused():
        before = request.seconds_left()
        time.sleep(0.05)

        assert request.seconds_left() == before
    assert before - 0.04 < request.seconds_left() <= before


def test_stuck_work_is_given_up_and_queued_work_never_runs() -> None:
    """The awaiting side comes back while the thread is stuck; what waited for the thread is cancelled."""
    release = threading.Event()
    ran: list[str] = []

    async def stuck(executor: ThreadPoolExecutor) -> None:
        async with limited(0.2):
            await in_thread(executor, lambda: release.wait(LONG))

    async def queued(executor: ThreadPoolExecutor) -> None:
        await asyncio.sleep(0.05)
        async with limited(0.1):
            await in_thread(executor, lambda: ran.append("queued"))

    async def scenario() -> list[BaseException | None]:
        with ThreadPoolExecutor(1) as executor:
            outcomes = await asyncio.gather(stuck(executor), queued(executor), return_exceptions=True)
            release.set()
            await in_thread(executor, lambda: ran.append("later"))
        return list(outcomes)

    began = time.monotonic()
    outcomes = asyncio.run(scenario())

    assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable]
    assert ran == ["later"]
    assert time.monotonic() - began < LONG / 2


def test_a_commit_gets_some_time_more() -> None:
    """A commit that ends within the grace is answered as usual; one that does not has an unknown outcome."""

    def commit(seconds: float) -> str:
        present = deadline.current()
        assert present
        present.begin_commit()
        time.sleep(seconds)
        present.end_commit(was_applied=True)
        return "done"

    async def within(seconds: float, grace: float) -> str:
        with ThreadPoolExecutor(1) as executor:
            async with limited(0.1, grace):
                return await in_thread(executor, lambda: commit(seconds))

    assert asyncio.run(within(0.3, LONG)) == "done"
    with pytest.raises(OutcomeUnknown):
        asyncio.run(within(1.0, 0.1))


def test_an_answer_that_has_begun_has_no_deadline() -> None:
    """A client that reads slowly is not cut off."""

    async def slow_client() -> str:
        async with limited(0.05) as watch:
            watch.stop()
            await asyncio.sleep(0.3)
            return "all was sent"

    assert asyncio.run(slow_client()) == "all was sent"


def test_hashing_is_no_waiting_for_the_database() -> None:
    """A pause in the thread that is longer than the deadline does not end the request."""

    def hash_slowly() -> str:
        with deadline.paused():
            time.sleep(0.5)
        return "hashed"

    async def scenario() -> str:
        with ThreadPoolExecutor(1) as executor:
            async with limited(0.2):
                return await in_thread(executor, hash_slowly)

    assert asyncio.run(scenario()) == "hashed"


def test_another_timeout_stays_what_it_is() -> None:
    """A TimeoutError of the work itself is not taken for the deadline."""

    async def scenario() -> None:
        async with limited(LONG):
            raise TimeoutError("of something else")

    with pytest.raises(TimeoutError, match="something else"):
        asyncio.run(scenario())


def test_answer_in_the_moment_in_which_the_time_is_over_is_an_answer() -> None:
    """Where the work is done before anybody was told that its time is over, nothing is given up, and nothing breaks."""

    async def run() -> str:
        async with limited(60.0) as watch:
            watch._expire()
            answer = "in time"
        await asyncio.sleep(0)
        return answer

    assert asyncio.run(run()) == "in time"
