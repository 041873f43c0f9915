"""A report of a service is held against what a person has judged."""

import json
from pathlib import Path

import pytest

from bookplate.laws.catalogue import Catalogue

from .judged import Judged, compared, differing, judged, verdicts
from .services import SERVICES

PAGE = """# Services

## one

What it is.

| law | operations | what came back |
|---|---|---|
| ERR-01 | `get_a`, `get_b` | text |
| SPEC-01 | the document | a mistake |
| CONC-03, sometimes | `get_b`, `get_c` | a race |
| ERR-01, sometimes | `get_b`, `get_d` | a value that is seldom sent |

## two
"""


@pytest.fixture(name="page")
def _page(tmp_path: Path) -> Path:
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    return page


def test_each_operation_of_a_row_is_judged(page: Path) -> None:
    always = {("ERR-01", "get_a"), ("ERR-01", "get_b"), ("SPEC-01", "the document")}

    assert judged("one", page).always == always
    assert judged("two", page) == Judged(frozenset())


def test_what_a_row_says_is_found_sometimes_unless_another_row_has_it(page: Path) -> None:
    assert judged("one", page).sometimes == {("CONC-03", "get_b"), ("CONC-03", "get_c"), ("ERR-01", "get_d")}


def test_a_service_without_a_part_is_a_mistake(page: Path) -> None:
    with pytest.raises(LookupError, match="## three"):
        judged("three", page)


def test_a_law_that_failed_once_has_failed(tmp_path: Path) -> None:
    def finding(rule: str, operation: str | None, verdict: str) -> dict[str, str | None]:
        return {"rule": rule, "operation": operation, "verdict": verdict}

    found = [finding("ERR-01", "a", "failed"), finding("ERR-01", "a", "passed"), finding("SPEC-01", None, "passed")]
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"findings": found}), encoding="utf-8")

    assert verdicts(report) == {("ERR-01", "a"): "failed", ("SPEC-01", "the document"): "passed"}


def test_what_passed_or_is_missing_where_the_time_ended_is_not_checked(tmp_path: Path) -> None:
    def finding(rule: str, operation: str, verdict: str, reason: str = "") -> dict[str, str]:
        return {"rule": rule, "operation": operation, "verdict": verdict, "reason": reason}

    ended = finding("COND-01", "a", "not checked", "time: --time-budget was used up")
    other = finding("COND-01", "b", "not checked", "there is no ETag")
    report = tmp_path / "report.json"
    here, there = finding("HTTP-01", "a", "passed"), finding("HTTP-01", "b", "passed")
    found = [here, there, ended, other, finding("ERR-01", "b", "passed")]
    report.write_text(json.dumps({"findings": found}), encoding="utf-8")

    assert verdicts(report) == {
        ("HTTP-01", "a"): "not checked",
        ("HTTP-01", "b"): "passed",
        ("COND-01", "a"): "not checked",
        ("COND-01", "b"): "not checked",
        ("ERR-01", "a"): "not checked",
        ("ERR-01", "b"): "passed",
    }


def test_what_passed_where_no_more_requests_were_generated_is_not_checked(tmp_path: Path) -> None:
    in_part = {"rule": "SCHEMA-04", "operation": "a", "verdict": "passed", "not_tested": ["time: it was used up"]}
    whole = {"rule": "SCHEMA-04", "operation": "b", "verdict": "passed", "not_tested": ["tier premium: no admin"]}
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"findings": [in_part, whole]}), encoding="utf-8")

    assert verdicts(report) == {("SCHEMA-04", "a"): "not checked", ("SCHEMA-04", "b"): "passed"}


def test_what_differs_is_told() -> None:
    a, b, c, d = (("ERR-01", name) for name in "abcd")

    difference = compared({a: "failed", b: "failed", c: "passed", d: "not checked"}, Judged(frozenset({a, c, d})))

    assert (difference.new, difference.gone, difference.unchecked) == ((b,), (c,), (d,))
    assert [line.partition(":")[0] for line in difference.lines()] == ["new", "gone", "not checked this time"]


def test_what_is_not_in_the_report_any_more_is_gone() -> None:
    assert compared({}, Judged(frozenset({("ERR-01", "a")}))).gone == (("ERR-01", "a"),)


@pytest.mark.parametrize("verdict", ["failed", "passed", "warned", "not checked"])
def test_what_fails_sometimes_is_neither_new_nor_gone_nor_another_verdict(verdict: str) -> None:
    pair = ("CONC-03", "a")
    known = Judged(frozenset(), frozenset({pair}))

    assert list(compared({pair: verdict}, known).lines()) == []
    assert differing({pair: "failed"}, {pair: verdict}, known) == set()
    assert list(compared({}, known).lines()) == []


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_judged_by_laws_that_there_are(name: str) -> None:
    laws = {law.id for law in Catalogue.shipped()}

    known = judged(name)

    assert {law for law, _ in known.always | known.sometimes} - laws == set()


def test_two_runs_differ_where_one_law_failed_in_one_of_them_alone() -> None:
    a, b, c, d = (("ERR-01", name) for name in "abcd")

    first = {a: "failed", b: "failed", c: "failed", d: "warned"}

    assert differing(first, {a: "failed", b: "passed", c: "not checked"}, Judged(frozenset())) == {b}
