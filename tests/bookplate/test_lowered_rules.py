"""A law that the settings switch off or lower: until its date, and never in silence."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bookplate.cli import main
from tests.fakes import FOLDER

Check = Callable[[str], int]
BROKEN = "tests.fakes.bad_targets:without_delete"


@pytest.fixture(name="check")
def _check(tmp_path: Path) -> Check:
    """Return what checks a target that breaks SPEC-03, with these settings under [rules]."""

    def check(rules: str) -> int:
        settings = tmp_path / "bookplate.toml"
        head = f'document = "{FOLDER / "toy.yaml"}"\n[environment]\nTOY_DOCUMENT = "{{document}}"\n[rules]\n'
        settings.write_text(f"{head}{rules}\n", encoding="utf-8")
        arguments = ["--rule", "spec-03", "--rule", "spec-01"]
        return main([BROKEN, *arguments, "--config", str(settings), "--output", str(tmp_path / "out")])

    return check


def test_a_law_that_is_lowered_warns(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("SPEC-03 = {level = 'SHOULD', reason = 'ticket 4', until = 2099-01-01}") == 0

    told = capsys.readouterr().out
    assert "SPEC-03 counts as SHOULD until 2099-01-01: ticket 4\n" in told
    assert "\n  SPEC-03  SHOULD  delete_note" in told


def test_a_law_that_is_switched_off_is_named_and_not_tried(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("SPEC-03 = {level = 'off', reason = 'ticket 4', until = 2099-01-01}") == 0

    told = capsys.readouterr().out
    assert "SPEC-03 is switched off until 2099-01-01: ticket 4\n" in told
    assert "FAILED" not in told


@pytest.mark.parametrize(("level", "what"), [("off", "is switched off"), ("SHOULD", "counts as SHOULD")])
def test_the_report_names_the_laws_that_do_not_count_in_full(
    level: str, what: str, check: Check, tmp_path: Path
) -> None:
    check(f"SPEC-03 = {{level = '{level}', reason = 'ticket 4', until = 2099-01-01}}")

    report = json.loads((tmp_path / "out" / "report.json").read_text("ascii"))
    assert report["notices"] == [f"SPEC-03 {what} until 2099-01-01: ticket 4"]


@pytest.mark.parametrize("level", ["off", "SHOULD"])
def test_a_law_counts_in_full_when_its_date_is_over(
    level: str, check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(f"SPEC-03 = {{level = '{level}', reason = 'ticket 4', until = 2020-01-01}}") == 1

    told = capsys.readouterr().out
    assert "\n  SPEC-03  MUST  delete_note" in told
    assert "STALE  [rules] 'SPEC-03' expired on 2020-01-01" in told


def test_a_rule_that_there_is_none_of_is_told(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("SPEC-30 = {level = 'off', reason = 'ticket 4', until = 2099-01-01}") == 2

    told = capsys.readouterr().err
    assert "[rules] names SPEC-30, and there is no such rule: did you mean SPEC-0" in told
    assert told.count("\n") == 1
