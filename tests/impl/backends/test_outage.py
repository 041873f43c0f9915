"""A service that is away: nobody waits for it twice, and one caller finds out that it is back."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from types import SimpleNamespace

import pytest

from impl.backends.outage import CALLS, REST, SLOW, Outage


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture(name="clock")
def _clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("impl.backends.outage.time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


class Service:
    """Something that counts who calls it, and is away or not."""

    def __init__(self) -> None:
        self.calls, self.is_away = 0, False

    def call(self) -> str:
        """Answer, or fail."""
        self.calls += 1
        if self.is_away:
            raise ConnectionError
        return "answer"


def ask(outage: Outage, service: Service) -> str:
    """Call the service, or do without it."""
    return outage.attempt(service.call, lambda: "without")


def test_service_that_failed_is_left_alone(clock: Clock) -> None:
    """After one failure nobody calls for some seconds; then the answer is there again."""
    outage, service = Outage("it"), Service()
    service.is_away = True
    away = [ask(outage, service) for _ in range(20)]
    service.is_away = False
    early = ask(outage, service)
    clock.now += REST + 0.1

    assert (away, early, service.calls) == (["without"] * 20, "without", 1)
    assert [ask(outage, service) for _ in range(3)] == ["answer"] * 3


def test_one_caller_tries_whether_it_is_back(clock: Clock) -> None:
    """While one caller waits for a service that may be back, the others do without it and do not wait."""
    outage, service = Outage("it"), Service()
    service.is_away = True
    ask(outage, service)
    clock.now += REST + 0.1
    begun, answered = Event(), Event()

    def slowly() -> str:
        begun.set()
        assert answered.wait(10)
        return "answer"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(outage.attempt, slowly, lambda: "without")
        assert begun.wait(10)
        others = [ask(outage, service) for _ in range(10)]
        answered.set()

        assert first.result(10) == "answer"
    assert (others, service.calls) == (["without"] * 10, 1)


def test_answer_that_was_begun_before_does_not_end_an_outage(clock: Clock) -> None:
    """A call that was on its way when the service was found away says nothing of what came later."""
    outage, service = Outage("it"), Service()

    def meanwhile() -> str:
        outage.begin("another caller waits in vain")
        return "answer"

    first = outage.attempt(meanwhile, lambda: "without")

    assert (first, ask(outage, service), outage.is_resting()) == ("answer", "without", True)


def test_service_is_slow_where_all_of_the_last_calls_were(clock: Clock) -> None:
    """One quick answer among slow ones tells that the service is not what is slow."""
    outage = Outage("it")

    def take(seconds: float) -> None:
        def call() -> None:
            clock.now += seconds

        outage.attempt(call, lambda: None)

    for _ in range(CALLS - 1):
        take(2 * SLOW)
    few = outage.is_slow()
    take(2 * SLOW)
    all_slow = outage.is_slow()
    take(SLOW / 2)

    assert (few, all_slow, outage.is_slow()) == (False, True, False)


def test_one_outage_is_logged_once(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """Many callers who fail at once leave one line, which names the kind of failure and no address."""
    outage = Outage("it")

    def fail() -> str:
        raise ConnectionError("redis://user:password@host")

    start = Event()

    def call(_number: int) -> str:
        start.wait(10)
        return outage.attempt(fail, lambda: "without")

    with ThreadPoolExecutor(8) as pool:
        calling = pool.map(call, range(8))
        start.set()
        list(calling)

    assert [record.getMessage() for record in caplog.records] == ["it cannot be used: ConnectionError"]
    assert outage.rests == 1
    clock.now += REST + 0.1
    outage.attempt(fail, lambda: "without")
    # It was never back.
    assert outage.rests == 1
    clock.now += REST + 0.1
    outage.attempt(lambda: "answer", lambda: "without")
    outage.attempt(fail, lambda: "without")
    assert outage.rests == 2
