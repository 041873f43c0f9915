"""Slow failures add up; a success begins the count anew."""

import pytest

from bookplate.wire.outages import AT_AN_OPERATION, AT_THE_TARGET, FEWEST, Outages

BEGIN = 1_000_000.0
SLOW = AT_AN_OPERATION / FEWEST


def fail(outages: Outages, name: str, how_often: int, status: int = 503, begin: float = BEGIN) -> float:
    """Note slow failures, one behind the other, and return when the last of them ended."""
    for number in range(1, how_often + 1):
        outages.note(name, status, SLOW, begin + number * SLOW)
    return begin + how_often * SLOW


def test_an_operation_that_only_fails_slowly_is_not_called_any_more() -> None:
    outages = Outages()

    fail(outages, "list_notes", FEWEST)

    assert outages.of("list_notes").startswith(
        f"list_notes is not called any more: in 60 s of waiting it gave {FEWEST} times 503, and no success: look at"
    )
    assert not outages.of("get_note")
    assert not outages.of_target


def test_answers_that_never_come_count_too() -> None:
    outages = Outages()

    fail(outages, "list_notes", FEWEST, status=0)

    assert f"{FEWEST} times no answer in time" in outages.of("list_notes")


@pytest.mark.parametrize("status", [200, 204, 304])
def test_a_success_begins_the_count_anew(status: int) -> None:
    outages = Outages()
    later = fail(outages, "list_notes", FEWEST - 1)

    outages.note("list_notes", status, 0.0, later)
    fail(outages, "list_notes", FEWEST - 1, begin=later)

    assert not outages.of("list_notes")


@pytest.mark.parametrize("status", [400, 401, 404, 429])
def test_an_error_of_the_client_proves_nothing(status: int) -> None:
    outages = Outages()
    later = fail(outages, "list_notes", FEWEST - 1)

    outages.note("list_notes", status, 0.0, later)
    fail(outages, "list_notes", 1, begin=later)

    assert outages.of("list_notes")


def test_failures_that_come_at_once_are_never_too_many() -> None:
    outages = Outages()

    for number in range(10_000):
        outages.note("list_notes", 500, 0.0001, BEGIN + number)

    assert not outages.of("list_notes")
    assert not outages.of_target


def test_few_failures_are_no_rule_however_slow() -> None:
    outages = Outages()

    for number in range(1, FEWEST):
        outages.note("list_notes", 504, 1000.0, BEGIN + 1000.0 * number)

    assert not outages.of("list_notes")


def test_what_is_waited_for_at_the_same_time_counts_once() -> None:
    outages = Outages()

    for _ in range(100):
        outages.note("list_notes", 503, SLOW, BEGIN)

    assert not outages.of("list_notes")


def test_a_target_at_which_all_operations_only_fail_slowly_does_not_work() -> None:
    outages, later = Outages(), BEGIN

    while later - BEGIN < AT_THE_TARGET:
        assert not outages.of_target
        later = fail(outages, f"operation_at_{later}", 1, begin=later)

    assert outages.of_target.startswith(
        "the target does not work: in 120 s of waiting it gave 10 times 503, and no success"
    )


def test_success_of_one_operation_keeps_the_target_and_not_the_others() -> None:
    outages = Outages()
    later = fail(outages, "list_notes", FEWEST)

    outages.note("get_health", 200, 0.0, later)
    fail(outages, "get_note", FEWEST, begin=later)

    assert outages.of("list_notes")
    assert outages.of("get_note")
    assert not outages.of_target
