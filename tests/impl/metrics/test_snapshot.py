"""Figures of several processes are added up, and what a process has counted stays when it has ended."""

import asyncio

import pytest

from impl.backends import deadline
from impl.backends.deadline import limited
from impl.metrics.catalogue import ACTIVE_REQUESTS, BOUNDS, METRICS, REFUSALS, REQUEST_DURATION, Kind
from impl.metrics.counting import RequestCounts
from impl.metrics.snapshot import by_label, lasting, single, total
from impl.problems import Unavailable

KEY = ("get_book", "/api/books/{book_id}", "GET", 200)
LABELS = ("get_book", "/api/books/{book_id}", "GET", "200")


def counted(*seconds: float) -> RequestCounts:
    """Return the counts of some requests."""
    counts = RequestCounts()
    for each in seconds:
        counts.note(KEY, each)
    return counts


def test_requests_stand_beneath_their_bound() -> None:
    """A duration counts in the first bucket whose bound it does not exceed; the last bucket has no bound."""
    numbers = counted(0.0001, BOUNDS[0], 0.3, 60).snapshot()[REQUEST_DURATION.name][LABELS]

    assert len(numbers) == len(BOUNDS) + 2
    assert [place for place, number in enumerate(numbers[:-1]) if number] == [0, BOUNDS.index(0.5), len(BOUNDS)]
    assert numbers[0] == 2
    assert numbers[-1] == pytest.approx(60.3 + 0.0001 + BOUNDS[0])


def test_figures_are_added_up() -> None:
    """Numbers of the same labels are added, and others stand beside each other."""
    added = total(
        [
            counted(0.3).snapshot(),
            counted(0.3, 60).snapshot(),
            by_label(REFUSALS, {"reads": 1, "lists": 2}),
            by_label(REFUSALS, {"lists": 3}),
        ]
    )

    assert added[REFUSALS.name] == {("reads",): (1,), ("lists",): (5,)}
    assert sum(added[REQUEST_DURATION.name][LABELS][:-1]) == 3


def test_only_counts_outlast_a_process() -> None:
    """What has been counted stays; what was so at the end does not."""
    kept = lasting(counted(0.3).snapshot() | single(ACTIVE_REQUESTS, 3) | by_label(REFUSALS, {"reads": 1}))

    assert kept.keys() == {REQUEST_DURATION.name, REFUSALS.name}


def test_names_are_those_of_prometheus() -> None:
    """Names are unique; each counter ends in _total, and nothing else does."""
    names = [metric.name for metric in METRICS]

    assert len(names) == len({*names})
    assert [metric.name for metric in METRICS if metric.name.endswith("_total") != (metric.kind is Kind.COUNTER)] == []


def test_deadline_that_is_over_is_counted() -> None:
    """Work that is given up counts once; work that ends in time does not."""

    async def work(seconds: float) -> None:
        async with limited(0.05):
            await asyncio.sleep(seconds)

    before = deadline.exceeded.of(deadline.GIVEN_UP)
    asyncio.run(work(0))
    in_time = deadline.exceeded.of(deadline.GIVEN_UP)
    with pytest.raises(Unavailable):
        asyncio.run(work(5))

    assert (in_time, deadline.exceeded.of(deadline.GIVEN_UP)) == (before, before + 1)
