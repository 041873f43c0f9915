"""Verdicts merge to the worse, and the exit code follows from them."""

import datetime
from dataclasses import replace

import pytest

from bookplate.contract.document import Document
from bookplate.laws.known_failures import documented, expect, unobserved
from bookplate.laws.verdict import MUST, SHOULD, Finding, Verdict, exit_code, merged

TODAY = datetime.date(2026, 6, 1)


def finding(verdict: Verdict, level: str = MUST) -> Finding:
    return Finding("PAGE-01", "list_notes", verdict, level=level)


def test_of_findings_on_one_rule_and_operation_the_worst_stays() -> None:
    kept = merged([finding(Verdict.PASSED), finding(Verdict.FAILED), finding(Verdict.NOT_CHECKED)])

    assert [each.verdict for each in kept] == [Verdict.FAILED]


def test_two_causes_stay_two_findings_and_one_cause_one() -> None:
    one, same, other = (replace(finding(Verdict.FAILED), observed=text) for text in ("page 1 lost", "page 2 lost", "x"))

    assert merged([one, same, finding(Verdict.PASSED), other]) == [one, other]


def observed(document: Document, *left_out: tuple[str, int]) -> set[tuple[str, int, str]]:
    return {
        (operation.id, int(status), media)
        for operation in document.operations
        for status, media in documented(operation)
        if (operation.id, int(status)) not in left_out
    }


def test_what_is_documented_and_never_seen_is_named_with_its_line(document: Document) -> None:
    missing, stale = unobserved(document, observed(document, ("get_note", 404)), {}, TODAY)

    assert {name for name, each in missing.items() if each} == {"get_note"}
    assert missing["get_note"][0].startswith("404 as application/problem+json (")
    assert missing["get_note"][0].endswith(
        f":{document.line(document.operation('get_note').pointer + '/responses/404')})"
    )
    assert not stale


@pytest.mark.parametrize("name", ["get_note 404", "* 404"])
def test_an_excuse_holds_until_it_expires_or_excuses_nothing(document: Document, name: str) -> None:
    seen, everything = observed(document, ("get_note", 404)), observed(document)
    good = {name: {"reason": "none", "until": TODAY}}
    late = {name: {"reason": "none", "until": TODAY - datetime.timedelta(days=1)}}

    assert unobserved(document, seen, good, TODAY) == ({o.id: [] for o in document.operations}, [])
    assert "excuses nothing" in unobserved(document, everything, good, TODAY)[1][0]
    missing, stale = unobserved(document, seen, late, TODAY)
    assert missing["get_note"]
    assert "expired" in stale[0]


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
    return expect([finding(verdict)], known, TODAY)


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
