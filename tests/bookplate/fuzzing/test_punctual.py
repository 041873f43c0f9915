"""The time of a run ends also what the generator is busy with, and costs nothing of what it has shown."""

import threading
from collections.abc import Iterator

import pytest

from bookplate.fuzzing.punctual import Outlived, punctual
from bookplate.wire.connection import Admission, Connection


class Busy:
    """An engine that says two things, and then draws data until it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.drawn = 0

    def events(self) -> Iterator[str]:
        yield "started"
        yield "sent"
        self.let_go.wait()
        self.drawn += 1
        yield "late"


@pytest.fixture(name="busy")
def _busy() -> Iterator[Busy]:
    engine = Busy()
    yield engine
    engine.let_go.set()


def test_what_was_shown_before_the_end_is_kept_and_the_rest_is_not_waited_for(busy: Busy) -> None:
    over = Admission(Connection(time_budget=0))

    assert list(Outlived(busy.events()).until_closed(over, grace=0.05)) == ["started", "sent"]
    assert busy.drawn == 0


def test_before_the_end_the_engine_may_take_its_time(busy: Busy) -> None:
    threading.Timer(0.3, busy.let_go.set).start()
    lasting = Admission(Connection(time_budget=1000))

    assert list(Outlived(busy.events()).until_closed(lasting, grace=0.05)) == ["started", "sent", "late"]


def test_what_the_engine_raises_is_raised() -> None:
    def failing() -> Iterator[str]:
        yield "started"
        raise KeyboardInterrupt

    events = punctual(failing(), Admission(Connection(time_budget=1000)))

    assert next(events) == "started"
    with pytest.raises(KeyboardInterrupt):
        next(events)


def test_an_engine_that_nobody_listens_to_any_more_goes_no_further() -> None:
    drawn: list[int] = []
    is_over = threading.Event()

    def counting() -> Iterator[int]:
        try:
            for number in range(100):
                drawn.append(number)
                yield number
        finally:
            is_over.set()

    events = punctual(counting(), Admission(Connection(time_budget=1000)))
    next(events)
    events.close()  # type: ignore[attr-defined]  # it is a generator

    assert is_over.wait(5)
    assert len(drawn) <= 3


def test_a_run_without_an_end_needs_no_thread() -> None:
    events = iter(["started"])

    assert punctual(events, Admission(Connection())) is events
