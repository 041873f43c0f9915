"""The generator counts the time that it took to start."""

import time

from bookplate.fuzzing.__main__ import without_the_start
from bookplate.options import Options


def test_the_start_takes_from_the_time_budget() -> None:
    left = without_the_start(Options("impl:create_app", time_budget=60), time.time() - 20).time_budget

    assert left is not None
    assert 0 < left <= 40


def test_no_time_is_left_where_the_start_took_all_of_it() -> None:
    assert without_the_start(Options("impl:create_app", time_budget=5), time.time() - 20).time_budget == 0


def test_a_run_without_a_time_budget_keeps_none() -> None:
    assert without_the_start(Options("impl:create_app"), time.time() - 20).time_budget is None
