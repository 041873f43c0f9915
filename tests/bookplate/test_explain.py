"""`bookplate explain RULE`: everything that is known of a law, without a target."""

from pathlib import Path

import pytest

from bookplate.cli import main
from bookplate.laws.catalogue import Catalogue
from tests.fakes import FOLDER

TOY = ("--document", str(FOLDER / "toy.yaml"))


def test_a_law_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "PAGE-01", *TOY]) == 0

    law = Catalogue.shipped()["PAGE-01"]
    told = capsys.readouterr().out
    flat = " ".join(told.split())
    assert told.startswith("PAGE-01  MUST  data  experiment\n")
    assert law.text in flat
    assert law.why
    assert law.why in flat
    assert f"source {law.source}" in flat
    assert f"applies to 1 of 7 operations of {FOLDER / 'toy.yaml'}: list_notes" in flat
    assert f"file {law.file}" in flat
    for fault in law.faults:
        assert f"{fault.name} {fault.description}" in flat


def test_a_law_about_the_document_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "spec-01", *TOY]) == 0

    assert "applies to  the document, " in capsys.readouterr().out


def test_no_document_is_needed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["explain", "RATE-01"]) == 0

    assert "applies to  operations of your document: --document FILE says which" in capsys.readouterr().out


def test_an_unknown_rule_is_one_line_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "PAEG-01", *TOY]) == 2

    told = capsys.readouterr().err
    assert told.startswith("bookplate explain: there is no rule PAEG-01: the nearest are PAGE-01, ")
    assert told.count("\n") == 1
