"""Notes: a law says what it did not test, and what it took on a guess; a pass without a look is none."""

import pytest

from bookplate import expect, partly
from bookplate.contract import Fact, Origin
from bookplate.laws.notes import noted, rests_on


def test_a_law_names_the_parts_that_it_tested_and_those_that_it_did_not() -> None:
    with noted() as notes:
        partly("how long it takes", tested="the status")
        partly("the header fields", tested="the status")
        partly("", tested="nothing that is said")

    assert notes.tested == ["the status"]
    assert notes.not_tested == ["how long it takes", "the header fields"]


def test_only_facts_that_nobody_declared_are_guesses() -> None:
    with noted() as notes:
        rests_on(Fact(1, Origin.DECLARED, "the document says it"))
        rests_on(Fact(1, Origin.GUESSED, "its name looks like it"))
        rests_on(Fact(1, Origin.CONFIRMED, "two requests agree"))

    assert notes.guesses == ["its name looks like it", "two requests agree"]


def test_each_expectation_counts() -> None:
    with noted() as notes:
        expect.equal(1, 1, what="one")
        expect.that(True, "it is false")

    assert notes.judged == 2


def test_what_is_said_outside_of_a_law_is_lost() -> None:
    partly("nobody listens")

    with noted() as notes:
        pass

    assert notes.not_tested == []


def test_a_broken_expectation_is_a_violation_all_the_same() -> None:
    with noted(), pytest.raises(Exception, match="one: 1"):
        expect.equal(1, 2, what="one")
