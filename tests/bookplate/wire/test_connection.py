"""One place lets requests out: it knows what the user forbids, how many are left and how fast they may follow."""

import pytest

from bookplate.wire.connection import Admission, Connection
from bookplate.wire.outcomes import NotChecked


class Hours:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_read_only_run_lets_safe_methods_out(method: str) -> None:
    admission = Admission(Connection(read_only=True))

    admission.admit(method)

    assert admission.sent == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "get", "PROPFIND"])
def test_a_read_only_run_lets_no_other_method_out(method: str) -> None:
    admission = Admission(Connection(read_only=True))

    with pytest.raises(NotChecked, match=f"--read-only: it needs a {method}"):
        admission.admit(method)

    assert admission.sent == 0


def test_no_more_requests_go_out_than_were_asked_for() -> None:
    admission = Admission(Connection(most_requests=2))
    admission.admit("GET")
    admission.admit("POST")

    with pytest.raises(NotChecked, match="requests: --max-requests were used up"):
        admission.admit("GET")

    assert admission.closed


def test_nothing_goes_out_when_the_time_is_over() -> None:
    clock = Hours()
    admission = Admission(Connection(time_budget=30), lambda: clock.now, clock.sleep)
    admission.admit("GET")
    clock.sleep(30)

    with pytest.raises(NotChecked, match="time: --time-budget was used up"):
        admission.admit("GET")


def test_nobody_waits_longer_than_the_time_of_the_run() -> None:
    clock = Hours()
    admission = Admission(Connection(time_budget=30), lambda: clock.now, clock.sleep)
    admission.keep_half()
    admission.wait(5)

    with pytest.raises(NotChecked, match="time: --time-budget leaves no 11 s to wait"):
        admission.wait(11)

    assert clock.now == 1005.0


def test_a_run_without_a_budget_waits_as_long_as_it_is_asked_to() -> None:
    clock = Hours()

    Admission(Connection(), lambda: clock.now, clock.sleep).wait(600)

    assert clock.now == 1600.0


def test_requests_follow_each_other_at_the_pace_that_was_asked_for() -> None:
    clock = Hours()
    admission = Admission(Connection(rate=4), lambda: clock.now, clock.sleep)

    for _ in range(9):
        admission.admit("GET")

    assert clock.now == 1002.0


def test_a_pause_is_not_made_up_for_by_a_burst() -> None:
    clock = Hours()
    admission = Admission(Connection(rate=1), lambda: clock.now, clock.sleep)
    admission.admit("GET")
    clock.sleep(60)

    admission.admit("GET")
    admission.admit("GET")

    assert clock.now == 1061.0


def test_another_process_gets_what_is_left() -> None:
    clock = Hours()
    admission = Admission(Connection(most_requests=5, time_budget=60, read_only=True), lambda: clock.now, clock.sleep)
    admission.admit("GET")
    clock.sleep(20)

    assert admission.left() == Connection(most_requests=4, time_budget=40, read_only=True)


def test_beyond_the_budget_of_time_only_what_asks_there_is_let_out_and_only_for_some_seconds() -> None:
    clock = Hours()
    used_up = Admission(Connection(time_budget=60, rate=2), lambda: clock.now, clock.sleep)
    used_up.admit("GET")
    clock.sleep(60)
    later = used_up.beyond(3, "it is late")

    later.admit("DELETE")
    with pytest.raises(NotChecked, match="--time-budget"):
        used_up.admit("DELETE")
    with pytest.raises(NotChecked, match="it is late"):
        later.wait(3)
    clock.sleep(3)
    with pytest.raises(NotChecked, match="it is late"):
        later.admit("DELETE")


def test_nothing_is_let_out_beyond_a_number_of_requests() -> None:
    used_up = Admission(Connection(most_requests=2))
    used_up.admit("GET")
    later = used_up.beyond(3, "it is late")

    later.admit("DELETE")
    with pytest.raises(NotChecked, match="--max-requests"):
        later.admit("DELETE")


def test_half_of_a_budget_is_kept_for_the_process_that_goes_on() -> None:
    admission = Admission(Connection(most_requests=10))
    admission.keep_half()

    for _ in range(5):
        admission.admit("GET")

    assert "requests" in admission.closed
    assert admission.left().most_requests == 5
