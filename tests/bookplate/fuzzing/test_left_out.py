"""What a run says of an operation for which requests could not be generated, or not all of them."""

from collections import Counter

import pytest

from bookplate.laws.generated import FuzzingResult
from bookplate.laws.verdict import Finding, Verdict
from bookplate.options import Options
from bookplate.planning import plan
from tests.fakes import FOLDER

REASON = "no requests could be generated: ValueError: an odd pattern"


def judged(result: FuzzingResult) -> list[Finding]:
    """Return what a run says of SCHEMA-01 at one operation after such a result."""
    run = plan(Options("tests.fakes.toy:create_app", config=str(FOLDER / "toy.toml")))
    run.generation.settle(result)
    return run.judging.judged(run.catalogue["SCHEMA-01"], run.document.operation("list_notes"))


def test_where_nothing_was_generated_a_law_is_not_checked_and_says_why() -> None:
    (finding,) = judged(FuzzingResult(problems={"list_notes": REASON}))

    assert (finding.verdict, finding.reason) == (Verdict.NOT_CHECKED, REASON)


def test_where_some_requests_were_generated_a_law_passes_in_part() -> None:
    (finding,) = judged(
        FuzzingResult(problems={"list_notes": REASON}, judged=Counter({("SCHEMA-01", "list_notes"): 3}))
    )

    assert finding.verdict is Verdict.PASSED
    assert list(finding.not_tested) == [REASON]


@pytest.mark.parametrize("times", [0, 3])
def test_refused_requests_that_nobody_judges_are_told(times: int) -> None:
    """They are valid by one reading and not by another, so a law that left them out has not been tried whole."""
    doubted = {("SCHEMA-01", "list_notes"): "refused requests with a parameter that breaks its schema (page): 2"}
    counted = Counter({("SCHEMA-01", "list_notes"): times})

    (finding,) = judged(FuzzingResult(doubted=doubted, judged=counted))

    assert finding.verdict is (Verdict.PASSED if times else Verdict.NOT_CHECKED)
    assert [finding.reason, *finding.not_tested][-1] == doubted["SCHEMA-01", "list_notes"]


def test_problems_of_other_operations_say_nothing() -> None:
    assert judged(FuzzingResult(problems={"get_note": REASON})) == []
