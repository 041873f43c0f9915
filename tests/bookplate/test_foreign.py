"""A foreign service, with an overlay: what does not apply is not red, and what is broken is found."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path("examples/foreign_loans")
SERVICE = "examples.foreign_loans.app:create_app"


def check(output: Path, *rules: str, defect: str = "", operations: tuple[str, ...] = ()) -> dict[str, Any]:
    """Run the command for some rules against the service, and return its report."""
    asked = [word for rule in rules for word in ("--rule", rule)]
    asked += [word for operation in operations for word in ("--operation", operation)]
    subprocess.run(
        [sys.executable, "-m", "bookplate", SERVICE, "--output", str(output), *asked],
        env=os.environ | {"LOANS_DEFECT": defect},
        capture_output=True,
        check=False,
    )
    report: dict[str, Any] = json.loads((output / "report.json").read_text(encoding="utf-8"))
    return report


def failed(report: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each["rule"], each["operation"]) for each in report["findings"] if each["verdict"] == "failed"}


def test_the_honest_service_conforms(tmp_path: Path) -> None:
    """Every rule there is, at every operation: nothing is red, and what needs what it has not is not among it."""
    report = check(tmp_path)

    checked = {finding["rule"] for finding in report["findings"]}
    assert (report["exit_code"], failed(report)) == (0, set())
    assert {"PAGE-01", "AUTH-01", "AUTHZ-01", "AUTHZ-02", "STATE-01", "ERR-01", "SCHEMA-03", "ROBUST-01"} <= checked
    assert not checked & {"AUTH-03", "RATE-01", "COND-02", "CURSOR-01"}
    assert "ERR-02" not in checked, "it declares no problem+json"


@pytest.mark.parametrize(
    ("defect", "rule", "operations"),
    [
        ("off-by-one", "PAGE-01", {"list_loans"}),
        ("forgets-owner", "AUTHZ-01", {"get_loan"}),
        ("forgets-owner", "AUTHZ-02", {"update_loan", "delete_loan"}),
        ("crashes", "ROBUST-01", {"update_loan"}),
    ],
)
def test_each_planted_defect_is_found(tmp_path: Path, defect: str, rule: str, operations: set[str]) -> None:
    some = tuple(operations) if rule == "ROBUST-01" else ()  # generated requests take their time
    report = check(tmp_path, rule, defect=defect, operations=some)

    assert report["exit_code"] == 1
    assert failed(report) == {(rule, operation) for operation in operations}


def test_no_report_shows_a_key(tmp_path: Path) -> None:
    check(tmp_path, "AUTHZ-01", defect="forgets-owner")

    for path in tmp_path.glob("*.*"):
        text = path.read_text(encoding="utf-8")
        assert "key-of-" not in text
    assert "X-Api-Key: ${TOKEN_B}" in (tmp_path / "report.json").read_text(encoding="utf-8")


def test_the_overlay_is_short_and_the_document_has_no_keys_of_ours() -> None:
    assert len((EXAMPLE / "overlay.yaml").read_text(encoding="utf-8").splitlines()) <= 40
    assert "x-" not in (EXAMPLE / "loans.yaml").read_text(encoding="utf-8").lower().replace("x-api-key", "")
    assert "bookplate" not in (EXAMPLE / "app.py").read_text(encoding="utf-8")
