"""What was recorded is whole and stays as it is, and a defect counts as seen only by what is new."""

import hashlib

import pytest

from .judged import MISSES, judged
from .results import FAILED, HONEST, MISSED, MODES, WARNED, Run, Try
from .service import NAMES, Service
from .tries import FOLDER, tries

FIRST_TRY = "9fd992acbedcde37921ce6b6a6ea40ad2af7f6d4cc7d354b3644dde53cde10f1"


def run(defect: str, *, failed: tuple[str, ...] = (), warned: tuple[str, ...] = ()) -> Run:
    return Run("todos", "bare", defect, failed, warned, passed=1, not_checked=0, errors=(), seconds=1.0)


@pytest.mark.parametrize(
    ("played", "seen"),
    [
        (run("late", failed=("A-01 list", "B-01 list")), (FAILED, ["B-01 list"])),
        (run("late", failed=("A-01 list",), warned=("C-01 list", "D-01 list")), (WARNED, ["D-01 list"])),
        (run("late", warned=("A-01 list",)), (MISSED, [])),
    ],
)
def test_only_what_the_honest_service_does_not_show_counts(played: Run, seen: tuple[str, list[str]]) -> None:
    honest = run(HONEST, failed=("A-01 list",), warned=("C-01 list",))

    assert Try("t", "", "", (honest, played)).seen("todos", "bare", "late") == seen


def test_two_parts_of_a_run_have_the_worse_verdict() -> None:
    both = run("late", warned=("A-01 list", "B-01 list")) + run("late", failed=("A-01 list",))

    assert (both.failed, both.warned) == (("A-01 list",), ("B-01 list",))


def test_each_try_has_all_services_with_and_without_each_defect() -> None:
    wanted = {
        (name, mode, defect)
        for name in NAMES
        for mode in MODES
        for defect in (HONEST, *(each.name for each in Service(name).defects))
    }

    assert [{run.key for run in each.runs} for each in tries()] == [wanted for _ in tries()]


def test_the_first_try_is_frozen() -> None:
    [first] = FOLDER.glob("01_*.json")

    assert hashlib.sha256(first.read_bytes()).hexdigest() == FIRST_TRY


def test_each_miss_and_each_failure_without_a_defect_has_a_reason() -> None:
    first = tries()[0]
    missed = [
        f"{name} {each.name}"
        for name in NAMES
        for each in Service(name).defects
        if first.seen(name, "settings", each.name)[0] == MISSED
    ]

    assert sorted(defect for miss in MISSES for defect in miss.defects) == sorted(missed)
    assert all(
        judged(name, failure)
        for each in tries()
        for name in NAMES
        for mode in MODES
        for failure in each.run(name, mode, HONEST).failed
    )
