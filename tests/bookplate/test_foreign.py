"""A foreign service, with an overlay: what does not apply is not red, and what is broken is found."""

from pathlib import Path

import pytest

from . import command
from .command import Report

pytestmark = pytest.mark.long

EXAMPLE = Path("examples/foreign_loans")
SERVICE = "examples.foreign_loans.app:create_app"


def check(output: Path, *arguments: str, defect: str) -> Report:
    """Check the service with a defect, and return the report."""
    return command.report_with({"LOANS_DEFECT": defect}, output, SERVICE, *arguments, config=EXAMPLE / "bookplate.toml")


def failed(report: Report) -> set[tuple[str, str]]:
    return {(each["rule"], each["operation"]) for each in report["findings"] if each["verdict"] == "failed"}


@pytest.fixture(name="forgetful", scope="module")
def _forgetful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with all reports on a service that forgets who owns a loan."""
    output = tmp_path_factory.mktemp("forgetful")
    check(output, *command.rules("AUTHZ-01", "AUTHZ-02"), defect="forgets-owner")
    return output


@pytest.mark.nightly  # at every change its defects are found, and services of other styles conform
def test_the_honest_service_conforms(tmp_path: Path) -> None:
    """
    Every rule there is, at every operation: nothing is red, and nothing is left unchecked but what it has not.

    It answers preflights, and OPTIONS alone with 405, of which HTTP-07 says nothing. Its list has no filter that looks
    into free text, and a change takes fewer members than a creation.
    """
    report = command.report_of_its_own_process(tmp_path, SERVICE)

    checked = {finding["rule"] for finding in report["findings"]}
    unchecked = {finding["rule"] for finding in report["findings"] if finding["verdict"] == "not checked"}
    assert (report["exit_code"], failed(report)) == (0, set())
    assert unchecked == {"HTTP-07"}
    assert report["missing"] == []
    assert {"PAGE-01", "AUTH-01", "AUTHZ-01", "AUTHZ-02", "STATE-01", "ERR-01", "SCHEMA-03", "ROBUST-01"} <= checked
    assert not checked & {"AUTH-03", "RATE-01", "COND-02", "CURSOR-01"}
    assert "ERR-02" not in checked, "it declares no problem+json"


@pytest.mark.parametrize(
    ("defect", "rule", "operation"),
    [
        ("off-by-one", "PAGE-01", "list_loans"),
        pytest.param("crashes", "ROBUST-01", "update_loan", marks=pytest.mark.nightly),
    ],
)
def test_a_planted_defect_is_found(tmp_path: Path, defect: str, rule: str, operation: str) -> None:
    some = ["--operation", operation] if rule == "ROBUST-01" else []  # generated requests take their time
    report = check(tmp_path, *command.rules(rule), *some, defect=defect)

    assert report["exit_code"] == 1
    assert failed(report) == {(rule, operation)}


def test_a_forgotten_owner_is_found_at_every_operation(forgetful: Path) -> None:
    report = command.read_report(forgetful)

    assert report["exit_code"] == 1
    assert failed(report) == {("AUTHZ-01", "get_loan"), ("AUTHZ-02", "update_loan"), ("AUTHZ-02", "delete_loan")}


def test_no_report_shows_a_key(forgetful: Path) -> None:
    for path in forgetful.glob("*.*"):
        text = path.read_text(encoding="utf-8")
        assert "key-of-" not in text
    assert "X-Api-Key: ${TOKEN_B}" in (forgetful / "report.json").read_text(encoding="utf-8")


def test_the_overlay_is_short_and_the_document_has_no_keys_of_ours() -> None:
    assert len((EXAMPLE / "overlay.yaml").read_text(encoding="utf-8").splitlines()) <= 40
    assert "x-" not in (EXAMPLE / "loans.yaml").read_text(encoding="utf-8").lower().replace("x-api-key", "")
    assert "bookplate" not in (EXAMPLE / "app.py").read_text(encoding="utf-8")
