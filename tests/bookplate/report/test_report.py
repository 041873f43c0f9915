"""One tree, five reports: valid, without secrets, and safe whatever a server answered."""

import io
import json
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from bookplate.contract.document import Document
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.generated import FuzzingResult
from bookplate.laws.verdict import Finding, Verdict
from bookplate.report import Report
from bookplate.report.terminal import Terminal
from tests.fakes.shelf import DOCUMENT

SECRET = "0123456789abcdef0123456789abcdef"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
HOSTILE = "\x00\x1b[2J\x9b31m\ud800\ufffe]]><script>&amp;\u202e %0A::error::"
FINDINGS = [
    Finding("SCHEMA-01", "create_shelf", Verdict.PASSED),
    Finding("SCHEMA-01", "replace_shelf", Verdict.NOT_CHECKED, reason="no clock"),
    Finding("AUTH-01", "sign_up", Verdict.WARNED, level="SHOULD", observed="a habit"),
    Finding(
        "ROBUST-01",
        "create_shelf",
        Verdict.FAILED,
        observed=f"answered {HOSTILE} with {SECRET}",
        expected=f"no {JWT}",
        curl=f"curl -H 'Authorization: Bearer {SECRET}' -d '{JWT}'",
        line=f"{DOCUMENT}:7",
        again="python -m bookplate --rule ROBUST-01",
    ),
    Finding("ROBUST-01", "replace_shelf", Verdict.FAILED, observed=f"answered {HOSTILE} with {SECRET}"),
    Finding("CAMPAIGN", None, Verdict.ERROR, reason=f"engine: {HOSTILE}"),
]


def write(output: Path, findings: list[Finding] = FINDINGS) -> str:
    """Write every report and return what the terminal showed."""
    fuzzing = FuzzingResult(
        cases=Counter(create_shelf=60),
        observed=Counter({("create_shelf", 201, "application/json"): 7, ("create_shelf", 401, HOSTILE): 1}),
        secrets={SECRET: "$TOKEN_A"},
    )
    stream = io.StringIO()
    report = Report(
        Document.load(DOCUMENT),
        Catalogue.shipped(),
        output,
        seed=3,
        target="impl:create_app",
        terminal=Terminal(stream),
    )
    report.progress("signed in: coverage", 12)
    report.finish(findings, fuzzing, stale=["'A b' expired"], code=1, seconds=1.25)
    return stream.getvalue()


@pytest.fixture(autouse=True)
def _no_workflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)


def test_json_report_is_valid_against_its_schema(tmp_path: Path) -> None:
    write(tmp_path)

    schema = json.loads((files("bookplate.report") / "report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((tmp_path / "report.json").read_text()), schema, jsonschema.Draft202012Validator)


def test_one_cause_is_one_entry_with_its_operations(tmp_path: Path) -> None:
    shown = write(tmp_path)

    causes = json.loads((tmp_path / "report.json").read_text())["causes"]
    assert ["create_shelf", "replace_shelf"] in [cause["operations"] for cause in causes]
    assert [3, 4] in [cause["findings"] for cause in causes]
    assert shown.count("FAILED  ROBUST-01") == 1
    assert "also replace_shelf" in shown


def test_secrets_are_in_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    shown = write(tmp_path) + capsys.readouterr().out

    written = "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "report.html", "junit.xml", "summary.md"}
    for secret in (SECRET, JWT):
        assert secret not in shown
        assert secret not in written
    assert "$TOKEN_A" in shown


def test_junit_is_well_formed_whatever_a_server_answered(tmp_path: Path) -> None:
    write(tmp_path)

    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    robust = next(suite for suite in root if suite.get("name") == "ROBUST")
    assert (robust.get("tests"), robust.get("failures")) == ("2", "2")
    assert robust[0].get("name") == "ROBUST-01[create_shelf]"
    assert "\\u0000\\u001b[2J" in str(robust[0][0].get("message"))


def test_terminal_is_not_steered_by_a_server(tmp_path: Path) -> None:
    shown = write(tmp_path)

    assert all(character.isprintable() or character == "\n" for character in shown)
    assert "\\x1b[2J" in shown


def test_terminal_shows_the_table_the_law_and_how_to_see_it_again(tmp_path: Path) -> None:
    shown = write(tmp_path)

    assert re.search(r"^create_shelf +60 +0 ", shown, re.MULTILINE)
    assert "FAILED  ROBUST-01  MUST  create_shelf  POST /shelves" in shown
    assert "again python -m bookplate --rule ROBUST-01" in shown
    assert "STALE  'A b' expired" in shown
    assert "not conformant: 1 passed, 1 warned, 1 not checked, 2 failed, 1 error; 60 generated cases in 1.2 s" in shown


def test_annotations_are_for_workflows_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    assert capsys.readouterr().out == ""

    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    write(tmp_path)

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(
        f"::error file={DOCUMENT},line=7,title=ROBUST-01 create_shelf%2C replace_shelf::answered"
    )


def test_nothing_checked_is_told(tmp_path: Path) -> None:
    assert "nothing was checked" in write(tmp_path, [])
