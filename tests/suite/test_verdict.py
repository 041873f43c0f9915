"""Verdicts merge to the worse, and the exit code follows from them."""

import datetime
from itertools import product

import pytest

from contract_tests.config import Config
from contract_tests.expectations import expect
from contract_tests.verdict import MUST, SHOULD, Finding, Verdict, exit_code, merged

TODAY = datetime.date(2026, 6, 1)


def finding(verdict: Verdict, level: str = MUST) -> Finding:
    return Finding("PAGE-01", "list_notes", verdict, level=level)


def test_merging_only_worsens() -> None:
    for one, other in product(Verdict, Verdict):
        assert one.merged(other) >= one
        assert one.merged(other) == other.merged(one)


def test_of_findings_on_one_rule_and_operation_the_worst_stays() -> None:
    kept = merged([finding(Verdict.PASSED), finding(Verdict.FAILED), finding(Verdict.NOT_CHECKED)])

    assert [each.verdict for each in kept] == [Verdict.FAILED]


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([finding(Verdict.PASSED)], 0),
        ([finding(Verdict.WARNED)], 0),
        ([finding(Verdict.FAILED)], 1),
        ([finding(Verdict.FAILED), finding(Verdict.NOT_CHECKED)], 1),
        ([finding(Verdict.FAILED), finding(Verdict.ERROR)], 2),
        ([finding(Verdict.NOT_CHECKED)], 3),
        ([finding(Verdict.NOT_CHECKED, SHOULD)], 0),
        ([], 3),
    ],
)
def test_exit_codes(findings: list[Finding], code: int) -> None:
    assert exit_code(findings) == code


def test_strict_makes_a_warning_count() -> None:
    assert exit_code([finding(Verdict.WARNED, SHOULD)], strict=True) == 1


def expected(verdict: Verdict, until: datetime.date) -> tuple[list[Finding], list[str]]:
    known = {"PAGE-01 list_notes": {"reason": "ticket 12", "until": until}}
    return expect([finding(verdict)], Config(expected=known), TODAY)


def test_an_expected_failure_is_a_warning() -> None:
    findings, stale = expected(Verdict.FAILED, TODAY)

    assert (findings[0].verdict, stale) == (Verdict.WARNED, [])
    assert "ticket 12" in findings[0].reason


def test_an_expected_failure_that_passes_is_stale() -> None:
    assert expected(Verdict.PASSED, TODAY)[1]


def test_an_expectation_expires() -> None:
    findings, stale = expected(Verdict.FAILED, TODAY - datetime.timedelta(days=1))

    assert findings[0].verdict is Verdict.FAILED
    assert exit_code(findings, stale=bool(stale)) == 1
