"""RATE-08 compares the quotas of tiers in their proportions: the suite's instance has them multiplied."""

from collections.abc import Sequence
from typing import Any

import pytest

from ..law_modules import law_module

are_proportional = law_module("RATE-08").are_proportional


@pytest.mark.parametrize(
    ("quotas", "documented"),
    [
        ([10, 100, 1000], [10, 100, 1000]),
        ([10_000, 100_000, 1_000_000], [10, 100, 1000]),
        ([5, 50], [10, 100]),
        ([None, 300, 30], [1000, 100, 10]),
        ([0, 7, 70], [0, 1, 10]),
        ([0, 0], [0, 0]),
    ],
    ids=["equal", "multiplied", "divided", "one not announced", "a tier that may nothing", "no tier may anything"],
)
def test_quotas_in_proportion_keep_the_law(quotas: Sequence[Any], documented: Sequence[int]) -> None:
    assert are_proportional(quotas, documented)


@pytest.mark.parametrize(
    ("quotas", "documented"),
    [
        ([10, 10, 10], [10, 100, 1000]),
        ([0, 100, 1000], [10, 100, 1000]),
        ([10, 100, 0], [10, 100, 1000]),
        ([0, 0, 0], [10, 100, 1000]),
        ([1, 7, 70], [0, 1, 10]),
        ([1, 1], [0, 0]),
        ([-10, -100], [10, 100]),
        (["10", "100"], [10, 100]),
        ([None, None], [10, 100]),
    ],
    ids=[
        *(
            "all alike",
            "the lowest is 0",
            "the highest is 0",
            "all are 0",
            "more than nothing",
            "more than nothing twice",
        ),
        *("negative", "no numbers", "nothing announced"),
    ],
)
def test_quotas_out_of_proportion_break_the_law(quotas: Sequence[Any], documented: Sequence[int]) -> None:
    assert not are_proportional(quotas, documented)
