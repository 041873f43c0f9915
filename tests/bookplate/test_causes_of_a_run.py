"""A run of a service with planted defects has one cause for each, the most important first."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fakes import FOLDER

from . import command
from .command import Report

Change = Callable[[dict[str, Any]], None]


def check(
    output: Path,
    target: str,
    operations: Sequence[str],
    rules: Sequence[str],
    *options: str,
    change: Change = lambda document: None,
) -> Report:
    """Check the notes of a target by a document that was changed, with few generated requests, and return the report."""
    document = yaml.safe_load((FOLDER / "toy.yaml").read_text(encoding="utf-8"))
    change(document)
    (output / "notes.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    settings = 'document = "notes.yaml"\n[environment]\nTOY_DOCUMENT = "{document}"\n'
    (output / "bookplate.toml").write_text(settings, encoding="utf-8")
    chosen = [word for name in operations for word in ("--operation", name)]
    asked = [f"tests.fakes.bad_targets:{target}", "--max-examples", "1", *options, *chosen, *command.rules(*rules)]
    command.check(output / "out", *asked, config=output / "bookplate.toml")
    return command.read_report(output / "out")


def ask_for_a_header(document: dict[str, Any]) -> None:
    """Let every answer of the document have a header field that the service does not send."""
    for answer in document["components"]["responses"].values():
        answer.setdefault("headers", {})["Request-Id"] = {"required": True, "schema": {"type": "string"}}


@pytest.mark.nightly  # tests/bookplate/report/test_causes.py tells them apart too, without a run
def test_three_defects_are_three_causes_in_the_order_of_their_severity(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = ("AUTHZ-01", "AUTHZ-02", "PAGE-01", "PAGE-02", "PAGE-05", "ROBUST-01", "SCHEMA-01", "SCHEMA-03")
    operations = ("list_notes", "get_note", "update_note", "delete_note")
    report = check(tmp_path, "with_three_defects", operations, rules, "--fast", change=ask_for_a_header)

    owner, crash, header = report["causes"]
    assert [cause["severity"] for cause in (owner, crash, header)] == ["security", "crash", "contract"]
    assert set(owner["operations"]) == {"get_note", "update_note", "delete_note"}
    assert set(crash["rules"]) >= {"ROBUST-01", "SCHEMA-01", "PAGE-01", "PAGE-02", "PAGE-05"}
    assert set(crash["phases"]) == {"experiments", "generated requests"}
    assert header["headline"] == "the header field Request-Id is missing"
    assert f"{report['summary']['failed']} failures, 3 causes" in capsys.readouterr().out.splitlines()[-2]


@pytest.mark.nightly  # tests/bookplate/report/test_causes.py tells crashes apart too, without a run
def test_two_crashes_of_one_operation_are_two_causes(tmp_path: Path) -> None:
    report = check(tmp_path, "with_two_crashes", ["list_notes"], ["ROBUST-01"])

    assert sorted(cause["headline"] for cause in report["causes"]) == [
        "GET /notes answers 500 (detail: no such column: owner_id)",
        "GET /notes answers 500 (detail: the buffer is full)",
    ]
