"""A baseline expects today's failures until a date, and loses nothing of the settings that were there."""

import datetime
import tomllib
from pathlib import Path

import pytest

from bookplate.baseline import Baseline
from bookplate.cli import main
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.verdict import Finding, Verdict
from bookplate.target.config import Config, SetUpError
from tests.fakes import FOLDER

UNTIL = datetime.date(2031, 2, 3)
FAILED = [
    Finding("PAGE-01", "list_notes", Verdict.FAILED),
    Finding("PAGE-01", "list_notes", Verdict.FAILED, observed="for another cause"),
    Finding("SPEC-01", None, Verdict.FAILED),
    Finding("AUTH-01", "get_note", Verdict.PASSED),
    Finding("ERR-05", "get_note", Verdict.WARNED),
]
SETTINGS = """# Ours.
origin = "https://app.example.com"  # in use since 2020

[expected]  # known
"RATE-01 get_note" = { reason = "ticket 3", until = 2030-01-01 }
"""


def baseline(path: Path) -> Baseline:
    return Baseline(path, Catalogue.shipped(), UNTIL, 'known "today"')


def test_each_failure_is_expected_with_a_reason_and_a_date(tmp_path: Path) -> None:
    path = tmp_path / "bookplate.toml"

    assert baseline(path).write(FAILED) == 0

    assert Config.read(path).expected == {
        name: {"reason": 'known "today"', "until": UNTIL} for name in ("PAGE-01 list_notes", "SPEC-01")
    }


def test_what_stands_in_the_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "bookplate.toml"
    path.write_text(SETTINGS, encoding="utf-8")

    baseline(path).write(FAILED)

    assert path.read_text(encoding="utf-8").startswith(SETTINGS)
    assert set(Config.read(path).expected) == {"RATE-01 get_note", "PAGE-01 list_notes", "SPEC-01"}


def test_a_pyproject_toml_gets_them_in_its_own_table(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("[tool.bookplate]\norigin = 'https://a.example'\n\n[tool.other]\nx = 1\n", encoding="utf-8")

    baseline(path).write(FAILED)

    assert set(Config.read(path).expected) == {"PAGE-01 list_notes", "SPEC-01"}
    assert tomllib.loads(path.read_text(encoding="utf-8"))["tool"]["other"] == {"x": 1}


def test_a_form_that_nothing_can_be_put_behind_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bookplate.toml"
    text = 'expected = { "A-01 b" = { reason = "c", until = 2030-01-01 } }\n'
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SetUpError, match=r"write `expected` as a table, \[expected\]"):
        baseline(path).write(FAILED)

    assert path.read_text(encoding="utf-8") == text


def test_where_nothing_failed_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "bookplate.toml"

    assert baseline(path).write(FAILED[3:]) == 0

    assert not path.exists()


def test_a_service_with_faults_starts_with_a_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "bookplate.toml"
    document = FOLDER / "toy.yaml"
    settings.write_text(f'document = "{document}"\n[environment]\nTOY_DOCUMENT = "{{document}}"\n', encoding="utf-8")
    arguments = ["tests.fakes.bad_targets:without_owner_check", "--rule", "AUTHZ-02", "--output", str(tmp_path / "out")]
    arguments += ["--config", str(settings)]
    assert main(arguments) == 1

    assert main(["baseline", *arguments, "--days", "30", "--reason", "ticket 12"]) == 0

    assert main(arguments) == 0
    until = datetime.date.today() + datetime.timedelta(days=30)
    assert Config.read(settings).expected["AUTHZ-02 update_note"] == {"reason": "ticket 12", "until": until}
    assert "2 failures are expected until" in capsys.readouterr().out
