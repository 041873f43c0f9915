"""The command against the toy: green where it is honest, red with a reason where it is not."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Check = Callable[..., int]


def report(tmp_path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))
    return told


@pytest.mark.parametrize(
    "rule",
    ["PAGE-01", "RATE-01", "AUTH-03", "AUTHZ-01", "AUTHZ-02", "COND-03", "ROBUST-02", "STATE-01", "SPEC-03", "SPEC-01"],
)
def test_the_honest_toy_keeps_the_law(check: Check, tmp_path: Path, rule: str) -> None:
    assert check("tests.fakes.toy:create_app", "--rule", rule) == 0

    assert {finding["verdict"] for finding in report(tmp_path)["findings"]} == {"passed"}


def test_the_honest_toy_gets_through_a_campaign(check: Check, tmp_path: Path) -> None:
    assert check("tests.fakes.toy:create_app", "--fast", "--operation", "create_note", "--operation", "get_note") == 0

    rules = {finding["rule"] for finding in report(tmp_path)["findings"]}
    assert {"ERR-01", "HTTP-01", "SCHEMA-01", "AUTH-01", "SPEC-04"} <= rules


def test_an_expired_token_is_sent_where_there_is_a_clock(check: Check, tmp_path: Path) -> None:
    assert check("tests.fakes.toy:create_app", "--rule", "AUTH-03", "--operation", "list_notes") == 0

    assert "expired" not in report(tmp_path)["findings"][0]["reason"]


@pytest.mark.parametrize("target", ["not_found", "too_many", "crashed", "empty"])
def test_a_target_that_keeps_nothing_passes_nothing(
    check: Check, tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    started = time.monotonic()

    assert check(f"tests.fakes.bad_targets:{target}") == 2

    assert time.monotonic() - started < 30
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out/report.json").exists()


def test_a_missing_owner_check_is_shown_by_a_script(check: Check, tmp_path: Path) -> None:
    assert check("tests.fakes.bad_targets:without_owner_check", "--rule", "AUTHZ-02") == 1

    findings = report(tmp_path)["findings"]
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

    failed = [finding["operation"] for finding in report(tmp_path)["findings"] if finding["verdict"] == "failed"]
    assert failed == ["delete_note"]


def test_list_touches_no_target(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("no.such.package:create_app", "--list") == 0

    assert "PAGE-01" in capsys.readouterr().out


def test_a_leading_check_is_no_target(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("check", "no.such.package:create_app", "--list") == 0

    assert "PAGE-01" in capsys.readouterr().out
