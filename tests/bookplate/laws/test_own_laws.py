"""`--laws DIR`: a team's own laws are tried as ours are, stand in every report, and a mistake in them is one line."""

import json
import os
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bookplate.cli import main
from tests.fakes import FOLDER

# What `bookplate check URL --laws my_laws/` reads: a whole law, in fifteen lines.
LAW = '''"""NOTE-01: texts are kept."""

from bookplate import expect, experiment
from bookplate.contract import Operation, is_creator
from bookplate.fixtures import Resources


@experiment("NOTE-01", source="our handbook, chapter 3", applies=is_creator)
def test_texts_are_kept(operation: Operation, resources: Resources) -> None:
    """A note is shown with the text that it was created with."""
    note = resources.plant(operation, resources.users.owner, {"/text": "two  blanks"})
    shown = resources.at_location(note)

    expect.equal(shown.json()["text"], "two  blanks", what="the text", shown=[note.made, shown])
'''
NAME = "note_01_texts_are_kept.py"
HONEST, DEFECTIVE = "tests.fakes.toy:create_app", "tests.fakes.bad_targets:tidying"


def folder_with(tmp_path: Path, **files: str) -> Path:
    """Return a folder of laws with these files, named without their endings."""
    folder = tmp_path / "my_laws"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(name="laws")
def _laws(tmp_path: Path) -> Path:
    return folder_with(tmp_path, note_01_texts_are_kept=LAW)


def check(target: str, laws: Path, *options: str) -> int:
    output = str(laws.parent / "out")
    return main([target, "--config", str(FOLDER / "toy.toml"), "--laws", str(laws), "--output", output, *options])


def report(laws: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((laws.parent / "out/report.json").read_text(encoding="utf-8"))
    return told


def test_a_law_of_ones_own_passes(laws: Path) -> None:
    assert check(HONEST, laws, "--rule", "NOTE-01") == 0

    assert [(each["rule"], each["operation"], each["verdict"]) for each in report(laws)["findings"]] == [
        ("NOTE-01", "create_note", "passed")
    ]


def test_its_failure_names_its_file_in_every_report(
    laws: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)

    assert check(DEFECTIVE, laws, "--rule", "NOTE-01") == 1

    file = str(laws / NAME)
    terminal, annotation = capsys.readouterr().out.split("::error ")
    assert "\n  NOTE-01  MUST  create_note" in terminal
    assert f"law       {file}" in terminal
    assert annotation.endswith(f"%0Afile of the law: {file}:8%0Amore: rules/NOTE-01.html\n")
    assert [(rule["id"], rule["file"]) for rule in report(laws)["rules"]] == [("NOTE-01", file)]
    failure = ElementTree.parse(laws.parent / "out/junit.xml").find("testsuite/testcase/failure")
    assert failure is not None
    assert f"law: {file}:8" in (failure.text or "").splitlines()
    assert file in (laws.parent / "out/report.html").read_text(encoding="utf-8")
    assert "NOTE-01" in (laws.parent / "out/rules/NOTE-01.html").read_text(encoding="utf-8")


def test_the_folder_may_be_named_from_the_current_one(laws: Path) -> None:
    folder = Path(os.path.relpath(laws))

    assert check(HONEST, folder, "--rule", "NOTE-01") == 0

    assert [each["verdict"] for each in report(laws)["findings"]] == ["passed"]


def test_our_laws_are_checked_beside_it(laws: Path) -> None:
    assert check(HONEST, laws, "--rule", "NOTE-01", "--rule", "SPEC-03") == 0

    assert {finding["rule"] for finding in report(laws)["findings"]} == {"NOTE-01", "SPEC-03"}


def test_nothing_is_written_beside_the_laws(laws: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python keeps the bytecode of what it imports beside it, unless that is turned off."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    (laws / "_shared.py").write_text("NOTHING = None\n", encoding="utf-8")
    law = LAW.replace("from bookplate.fixtures", "from ._shared import NOTHING\nfrom bookplate.fixtures")
    (laws / NAME).write_text(law, encoding="utf-8")

    assert check(HONEST, laws, "--rule", "NOTE-01") == 0

    assert sorted(path.name for path in laws.rglob("*")) == ["_shared.py", NAME]


def test_what_lies_around_the_folder_changes_nothing(laws: Path) -> None:
    for file in (laws.parent / "conftest.py", laws.parent / "__init__.py", laws / "conftest.py", laws / "__init__.py"):
        file.write_text("raise SystemExit('somebody else imported this')", encoding="utf-8")

    assert check(HONEST, laws, "--rule", "NOTE-01") == 0


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "{laws} holds no laws: a file of laws is named as page_01_every_item_exactly_once.py"),
        (
            {"note_01_texts_are_kept": f"import math\nimport no_such_module\n{LAW}"},
            "{laws}/note_01_texts_are_kept.py:2: cannot be imported: ModuleNotFoundError: No module named 'no_such_module'",
        ),
        (
            {"note_01_texts_are_kept": f"{LAW}\n\ndef broken(:\n    pass\n"},
            "{laws}/note_01_texts_are_kept.py:17: cannot be imported: SyntaxError: ",
        ),
        (
            {"note_01_texts_are_kept": LAW, "note_01_again": LAW.replace("test_texts_are_kept", "test_again")},
            "{laws}/note_01_texts_are_kept.py: NOTE-01 is declared in {laws}/note_01_again.py too: give it another id",
        ),
        (
            {"page_01_texts_are_kept": LAW.replace("NOTE-01", "PAGE-01")},
            "{laws}/page_01_texts_are_kept.py: PAGE-01 is declared in ",
        ),
        (
            {"note_01_texts_are_kept": LAW, "texts": LAW},
            "{laws}/texts.py: a file of laws is named as page_01_every_item_exactly_once.py; ",
        ),
        (
            {"note_02_texts_are_kept": LAW},
            "{laws}/note_02_texts_are_kept.py: NOTE-01 stands in it: name it note_01_<what_the_law_says>.py",
        ),
        (
            {"note_01_texts_are_kept": LAW.replace("def test_", "def ")},
            "{laws}/note_01_texts_are_kept.py: NOTE-01 is the function texts_are_kept: name it test_texts_are_kept, ",
        ),
        (
            {"note_01_texts_are_shown": LAW},
            "{laws}/note_01_texts_are_shown.py: NOTE-01 is the function test_texts_are_kept: "
            "name it test_texts_are_shown, after its file",
        ),
        (
            {"note_01_texts_are_kept": LAW.replace("resources: Resources", "resource: Resources")},
            "{laws}/note_01_texts_are_kept.py: NOTE-01 asks for 'resource', which is no fixture: "
            "the nearest is 'resources'",
        ),
    ],
    ids=[
        "no laws",
        "import error",
        "syntax error",
        "id twice",
        "id of ours",
        "file",
        "other id",
        "function without test_",
        "function of another name",
        "fixture",
    ],
)
def test_a_mistake_in_the_folder_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], told: str
) -> None:
    laws = folder_with(tmp_path, **files)

    assert check(HONEST, laws) == 2

    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith(f"bookplate: {told.format(laws=laws)}")
