"""The summary for a pull request: the first failure, then tables; what a server said is never interpreted."""

import re
from pathlib import Path

import pytest

from bookplate.laws.verdict import Finding, Verdict
from bookplate.report.markdown import MOST_CAUSES
from tests.bookplate import command

from .test_report import FINDINGS, write


def failed(number: int) -> Finding:
    """Return a failure with a cause of its own, and much to say."""
    observed = f"{'abcdefghijklmnopqrstuvwxyz'[number % 26] * 5}{chr(65 + number // 26)} | `<b>` \n{'long ' * 2000}"
    return Finding("PAGE-01", "create_shelf", Verdict.FAILED, observed=observed, expected="all")


def summary(folder: Path, findings: list[Finding]) -> str:
    write(folder, findings)
    return (folder / "report.md").read_text(encoding="utf-8")


def test_the_first_failure_stands_above_the_tables(tmp_path: Path) -> None:
    finding = Finding("AUTHZ-01", "create_shelf", Verdict.FAILED, observed="200", expected="403", again="bookplate x")

    lines = summary(tmp_path, [finding]).splitlines()

    assert lines[0] == "### Contract: not conformant"
    first = lines.index("**First: [AUTHZ-01](rules/AUTHZ-01.html) at `create_shelf`**")
    told = lines[first + 2 : first + 7]
    assert told[0].startswith("- law: A caller without access gets the documented refusal; ")
    assert told[1:] == [
        "- OWASP API1:2023 Broken Object Level Authorization",
        "- expected: `403`",
        "- observed: `200`",
        "- again: `bookplate x`",
    ]
    assert first < lines.index("| verdict | severity | cause | operations | rules | observed |")


def test_a_long_report_fits_into_a_comment(tmp_path: Path) -> None:
    text = summary(tmp_path, [failed(number) for number in range(60)])

    causes = len(command.read_report(tmp_path)["causes"])
    assert causes > MOST_CAUSES
    assert len(text) < 65_536
    assert f"{causes - MOST_CAUSES} more stand in report.html." in text


def test_rows_stay_rows_whatever_a_server_said(tmp_path: Path) -> None:
    text = summary(tmp_path, [failed(0)])

    [row] = re.findall(r"^\| failed .*$", text, re.MULTILINE)
    assert row.count("|") == 7
    assert "`aaaaaA ¦ '<b>'" in row


def test_warnings_are_folded(tmp_path: Path) -> None:
    text = summary(tmp_path, FINDINGS)

    assert text.count("<details>") == text.count("</details>") == 3
    assert "<details><summary>Warnings</summary>\n\n| verdict |" in text


def test_a_workflow_gets_the_same_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
    for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA"):
        monkeypatch.delenv(name, raising=False)

    text = summary(tmp_path, FINDINGS)

    assert (tmp_path / "step.md").read_text(encoding="utf-8") == text
