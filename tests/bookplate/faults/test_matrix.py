"""A law sees a fault where it is broken with the fault and not without; rows that say nothing are played again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from bookplate.faults.matrix import Others, Record, Row, missing, summary
from bookplate.faults.proof import FROM_GENERATED, Proof
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.law import Fault

KEY = ("PAGE-01", "list_books")


class Stub:
    """A proof that notes whether a fault is in while something is played."""

    def __init__(self) -> None:
        self.is_bent = False
        self.played: list[bool] = []

    @contextmanager
    def bent(self, fault: Fault, *, fresh: bool) -> Iterator[None]:
        self.is_bent = True
        yield
        self.is_bent = False

    def forget(self, *, fresh: bool) -> None:
        pass

    def playing(self, broken: set[str], honest: set[str]) -> Callable[[], set[str]]:
        def play() -> set[str]:
            self.played.append(self.is_bent)
            return broken if self.is_bent else honest

        return play


@pytest.fixture(name="fault")
def _fault() -> Fault:
    law = Catalogue.shipped()["PAGE-01"]
    return law.faults[0]


def test_what_is_broken_without_the_fault_too_is_not_seen(fault: Fault) -> None:
    stub = Stub()
    others = Others(cast(Proof, stub))

    assert others.broken_by_fault(fault, KEY, stub.playing({"PAGE-01", "HTTP-01"}, {"HTTP-01"})) == {"PAGE-01"}
    assert stub.played == [True, False]


def test_it_is_played_without_the_fault_again_for_what_is_new_alone(fault: Fault) -> None:
    stub = Stub()
    others = Others(cast(Proof, stub))
    others.broken_by_fault(fault, KEY, stub.playing({"HTTP-01"}, {"HTTP-01"}))
    stub.played.clear()

    assert others.broken_by_fault(fault, KEY, stub.playing({"HTTP-01"}, {"HTTP-01"})) == set()
    assert stub.played == [True]
    assert others.broken_by_fault(fault, KEY, stub.playing({"ERR-01"}, set())) == {"ERR-01"}
    assert stub.played == [True, True, False]


def test_rows_that_are_missing_or_not_caught_are_played(tmp_path: Path) -> None:
    catalogue = Catalogue.shipped()
    asked = [law.id for law in catalogue]
    record = Record(tmp_path / "matrix.json")
    whole = missing(catalogue, asked, record)
    for name, outcome in zip(whole, ("caught", "not caught"), strict=False):
        law, fault = name.split()
        record.add(Row(law, fault, outcome=outcome))

    assert missing(catalogue, asked, Record(tmp_path / "matrix.json")) == whole[1:]
    assert [catalogue[name.split()[0]].kind in FROM_GENERATED for name in whole] == sorted(
        catalogue[name.split()[0]].kind in FROM_GENERATED for name in whole
    )


def test_the_summary_counts_who_saw_what() -> None:
    rows = [
        Row("A-01", "a", "get", "caught", tried=["B-01"], seen_by=["B-01"]),
        Row("A-01", "b", "get", "caught", tried=["B-01"]),
        Row("A-01", "c", outcome="not caught"),
    ]

    assert summary(rows) == "2 of 3 caught by their own laws; 1 by others too, 1 by their own law alone"
