"""What a request asks the store for is found by an index, and is no more work where there are more books."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from benchmarks.query_plans import BOOKS, PAGE, READS, STORES, Plan, plans_of
from benchmarks.scale import Case, Shelf
from benchmarks.scale_store import filled

FEWER = BOOKS // 2
BOUNDED = [case for case in READS if not case.grows]
GROWING = [case for case in READS if case.grows]
# A tree may be one level higher, and a bitmap may lead to rows that lie apart.
MORE, ALLOWANCE = 1.3, 8
INDEX = re.compile(r"ix_\w+|pk_\w+|PRIMARY KEY|book_search\b|Seq Scan on books|TEMP B-TREE")
Shelves = dict[int, Shelf]


@pytest.fixture(scope="module", name="shelves")
def _shelves(store: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelves]:
    """Two stores of different size."""
    server = f"{request.getfixturevalue('postgresql')}/postgres" if store == "postgresql" else ""
    folder = tmp_path_factory.mktemp("shelves")
    with ExitStack() as stack:
        yield {
            books: Shelf(stack.enter_context(filled(store, server, folder, books)), books, count())
            for books in (FEWER, BOOKS)
        }


def work(plans: list[Plan]) -> int:
    """Return the work of all statements of a case."""
    return sum(plan.work for plan in plans)


def steps(plans: list[Plan]) -> list[str]:
    """Return the steps of all statements of a case."""
    return [step for plan in plans for step in plan.steps]


@pytest.mark.parametrize("case", BOUNDED, ids=lambda case: case.title)
def test_work_does_not_grow(shelves: Shelves, case: Case) -> None:
    """With twice as many books, the steps of SQLite's machine or the blocks of PostgreSQL's are about as many."""
    few, many = [work(plans_of(shelf, case)) for shelf in shelves.values()]

    assert 0 < many <= MORE * few + ALLOWANCE


@pytest.mark.parametrize("case", BOUNDED, ids=lambda case: case.title)
def test_nothing_is_read_or_ordered_whole(shelves: Shelves, store: str, case: Case) -> None:
    """No plan reads all books or orders what it has read, and only a walk with a limit begins at the first book."""
    found = steps(plans_of(shelves[BOOKS], case))

    assert "Seq Scan on books" not in found
    assert not [step for step in found if "TEMP B-TREE" in step]
    if store == "sqlite":
        assert "SCAN books" not in found[1:]


@pytest.mark.parametrize("case", GROWING, ids=lambda case: case.title)
def test_what_is_said_to_grow_grows(shelves: Shelves, case: Case) -> None:
    """A case that stands among those that grow is more work with twice as many books, or on a deep page."""
    few, many = [work(plans_of(shelf, case)) for shelf in shelves.values()]
    first = work(plans_of(shelves[BOOKS], BOUNDED[1]))

    assert many > MORE * few or many > MORE * first


def test_page_has_each_plan(shelves: Shelves, store: str) -> None:
    """docs/query-plans.md names, for each case, the indexes that are used."""
    place = list(STORES).index(store) + 1
    rows = [line.strip("|").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    written = {row[0].strip(): INDEX.findall(row[place]) for row in rows if row[0].strip() != "request"}

    found = {case.title: INDEX.findall(" ".join(steps(plans_of(shelves[BOOKS], case)))) for case in READS}

    assert found == written, "run: python -m benchmarks.query_plans"
