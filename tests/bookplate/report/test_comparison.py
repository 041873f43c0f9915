"""What is said of a run beside an earlier one: new, fixed, still failing, and not checked this time."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bookplate.laws.verdict import Finding, Verdict
from bookplate.report.comparison import Earlier, comparison
from tests.bookplate import command

from .test_report import report_schema, write

Check = Callable[..., int]


def failed(rule: str, operation: str | None = "create_shelf") -> Finding:
    return Finding(rule, operation, Verdict.FAILED, observed="this", expected="that")


def passed(rule: str, operation: str | None = "create_shelf") -> Finding:
    return Finding(rule, operation, Verdict.PASSED)


def results_of(folder: Path, *findings: Finding, earlier: Earlier | None = None) -> dict[str, Any]:
    """Write the reports of these findings and return the tree."""
    write(folder, list(findings), earlier=earlier)
    return command.read_report(folder)


def test_each_failure_is_new_fixed_still_there_or_unknown(tmp_path: Path) -> None:
    before = (failed("PAGE-01"), failed("PAGE-02"), failed("PAGE-03"), failed("SPEC-01", None), passed("STATE-01"))
    not_checked = Finding("PAGE-03", "create_shelf", Verdict.NOT_CHECKED, reason="no items")
    now = (failed("PAGE-01"), passed("PAGE-02"), not_checked, passed("SPEC-01", None), failed("STATE-01"))
    results_of(tmp_path / "old", *before)
    earlier = Earlier.read(tmp_path / "old" / "report.json")

    shown = write(tmp_path / "new", list(now), earlier=earlier)

    results = command.read_report(tmp_path / "new")
    jsonschema.validate(results, report_schema(), jsonschema.Draft202012Validator)
    changes = results["comparison"]
    assert changes["new"] == [{"rule": "STATE-01", "operation": "create_shelf"}]
    assert changes["fixed"] == [
        {"rule": "PAGE-02", "operation": "create_shelf"},
        {"rule": "SPEC-01", "operation": None},
    ]
    assert changes["still_failing"] == [{"rule": "PAGE-01", "operation": "create_shelf"}]
    assert changes["not_known"] == [{"rule": "PAGE-03", "operation": "create_shelf"}]
    assert [line for line in shown.splitlines() if line.startswith(("compared", "  1 ", "  2 "))] == [
        f"compared with {earlier.path} of 2026-11-30T12:00:00+00:00:",
        "  1 new: STATE-01 create_shelf",
        "  2 fixed: PAGE-02 create_shelf, SPEC-01",
        "  1 still failing: PAGE-01 create_shelf",
        "  1 failed then, not checked now: PAGE-03 create_shelf",
    ]
    page = (tmp_path / "new" / "report.html").read_text(encoding="utf-8")
    assert "1 new, 2 fixed, 1 still failing" in page
    assert '<span class="badge severity">new</span>' in page
    assert "- 1 new: `STATE-01 create_shelf`" in (tmp_path / "new" / "report.md").read_text(encoding="utf-8")


def test_a_failure_that_the_settings_expect_by_now_is_not_fixed(tmp_path: Path) -> None:
    expected = Finding("PAGE-01", "create_shelf", Verdict.WARNED, reason="expected: we know", observed="this")
    old, new = results_of(tmp_path / "a", failed("PAGE-01")), results_of(tmp_path / "b", expected)

    changes = comparison(new, Earlier(Path("a"), old))

    assert changes["still_failing"] == [{"rule": "PAGE-01", "operation": "create_shelf"}]
    assert changes["fixed"] == changes["new"] == []


def test_a_run_that_compared_nothing_says_nothing_of_it(tmp_path: Path) -> None:
    assert "compared with" not in write(tmp_path, [failed("PAGE-01")])
    assert "comparison" not in command.read_report(tmp_path)
    assert 'id="changes"' not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_run_of_the_toy_tells_what_is_new(check: Check, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The honest toy, then the same without its check of owners."""
    assert check("tests.fakes.toy:create_app", "--rule", "AUTHZ-02") == 0
    earlier = tmp_path / "earlier.json"
    (tmp_path / "out" / "report.json").rename(earlier)
    capsys.readouterr()

    assert check("tests.fakes.bad_targets:without_owner_check", "--rule", "AUTHZ-02", "--compare", str(earlier)) == 1

    new = command.read_report(tmp_path / "out")["comparison"]["new"]
    assert {place["operation"] for place in new} == {"update_note", "delete_note"}
    assert "\n  2 new: AUTHZ-02 " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON: name the report.json of a run"),
        ("[]", "is no report of a run: name the report.json of one"),
        ('{"findings": [], "version": 2}', "is a report of version 2, and this is version 3: make it anew"),
        (None, "No such file or directory: name the report.json of a run"),
    ],
)
def test_a_file_that_is_no_report_is_told_before_anything_is_sent(
    check: Check, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    path = tmp_path / "earlier.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")

    assert check("tests.fakes.bad_targets:crashed", "--rule", "AUTHZ-02", "--compare", str(path)) == 2

    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("bookplate: ")
    assert line.endswith(said)


def test_a_report_without_the_newer_members_can_be_compared_with(tmp_path: Path) -> None:
    """A report of the same version that has no time of its beginning."""
    old = results_of(tmp_path / "old", failed("PAGE-01"))
    del old["started"]
    path = tmp_path / "older.json"
    path.write_text(json.dumps(old), encoding="utf-8")

    shown = write(tmp_path / "new", [failed("PAGE-01")], earlier=Earlier.read(path))

    assert f"compared with {path}:" in shown.splitlines()
