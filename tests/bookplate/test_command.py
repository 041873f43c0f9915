"""The command against the toy: green where it is honest, red with a reason where it is not."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from . import command
from .command import Report

pytestmark = pytest.mark.long

Check = Callable[..., int]
LAWS = [
    *("PAGE-01", "RATE-01", "AUTH-03", "AUTHZ-01", "AUTHZ-02"),
    *("COND-03", "ROBUST-02", "STATE-01", "SPEC-03", "SPEC-01"),
]


@pytest.fixture(name="honest", scope="module")
def _honest(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of one run of some laws on the honest toy, which ends with 0."""
    output = tmp_path_factory.mktemp("honest")
    assert command.check(output, "tests.fakes.toy:create_app", *command.rules(*LAWS)) == 0
    return command.read_report(output)


@pytest.mark.parametrize("rule", LAWS)
def test_the_honest_toy_keeps_the_law(honest: Report, rule: str) -> None:
    assert {finding["verdict"] for finding in honest["findings"] if finding["rule"] == rule} == {"passed"}


def test_an_expired_token_is_sent_where_there_is_a_clock(honest: Report) -> None:
    [of_list] = [
        finding
        for finding in honest["findings"]
        if (finding["rule"], finding["operation"]) == ("AUTH-03", "list_notes")
    ]

    assert not any("expired" in part for part in of_list["not_tested"])


@pytest.mark.nightly  # at every change the reference and two examples get through one
def test_the_honest_toy_gets_through_a_campaign(check: Check, tmp_path: Path) -> None:
    """Nothing fails. The toy names no origin, its list has no filter, and all its reads need a token."""
    some = ("--operation", "create_note", "--operation", "get_note")
    assert check("tests.fakes.toy:create_app", "--fast", *some) == 3

    findings = command.read_report(tmp_path / "out")["findings"]
    unchecked = {finding["rule"] for finding in findings if finding["verdict"] == "not checked"}
    assert {"ERR-01", "HTTP-01", "SCHEMA-01", "AUTH-01", "SPEC-04"} <= {finding["rule"] for finding in findings}
    assert not [finding for finding in findings if finding["verdict"] in ("failed", "error")]
    assert unchecked == {"CORS-01", "CORS-02", "CORS-03", "CORS-04", "ERR-04", "RATE-07", "STATE-05"}


@pytest.mark.parametrize("target", ["not_found", "too_many", "crashed", "empty"])
def test_a_target_that_keeps_nothing_passes_nothing(check: Check, tmp_path: Path, target: str) -> None:
    """But for what the document alone can keep. Why nobody can sign up is told with the answer, and asked for once."""
    laws = command.rules("PAGE-01", "AUTHZ-01", "COND-03", "STATE-01", "SPEC-01")

    assert check(f"tests.fakes.bad_targets:{target}", *laws) == 3

    findings = command.read_report(tmp_path / "out")["findings"]
    passed = {finding["rule"] for finding in findings if finding["verdict"] == "passed"}
    unchecked = [finding["reason"] for finding in findings if finding["verdict"] == "not checked"]
    assert passed == {"SPEC-01"}
    assert len(unchecked) == len(findings) - 1
    assert len(set(unchecked)) == 1


def test_a_missing_owner_check_is_shown_by_a_script(check: Check, tmp_path: Path) -> None:
    assert check("tests.fakes.bad_targets:without_owner_check", "--rule", "AUTHZ-02") == 1

    findings = command.read_report(tmp_path / "out")["findings"]
    assert {finding["operation"] for finding in findings if finding["verdict"] == "failed"} == {
        "update_note",
        "delete_note",
    }
    script = findings[0]["curl"]
    assert "TOKEN_A=" in script
    assert "${TOKEN_B}" in script
    assert "eyJ" not in json.dumps(findings)


def test_an_operation_that_nobody_wrote_is_named(check: Check, tmp_path: Path) -> None:
    assert check("tests.fakes.bad_targets:without_delete", "--rule", "SPEC-03") == 1

    failed = [
        finding["operation"]
        for finding in command.read_report(tmp_path / "out")["findings"]
        if finding["verdict"] == "failed"
    ]
    assert failed == ["delete_note"]


def test_list_touches_no_target(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("no.such.package:create_app", "--list") == 0

    assert "PAGE-01" in capsys.readouterr().out


def test_a_leading_check_is_no_target(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("check", "no.such.package:create_app", "--list") == 0

    assert "PAGE-01" in capsys.readouterr().out
