"""Laws under plain pytest: its options do what they always do, and each verdict has its outcome."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes import FOLDER

ROOT = Path(__file__).parents[2]
HEAD = """\
from bookplate import NotChecked, SHOULD, Violation, expect, experiment
from bookplate.contract import Operation, is_creator
from bookplate.fixtures import Resources

"""
LAW = """
@experiment("NOTE-0{number}", source="our handbook", applies=is_creator{level})
def test_{slug}({fixture}) -> None:
    '''Law number {number}.'''
    {statement}
"""
STATEMENTS = {
    1: ("is_broken", "raise Violation('another text')"),
    2: ("is_advice", "raise Violation('an old habit')"),
    3: ("is_out_of_reach", "raise NotChecked('there is no admin')"),
    4: ("is_known_to_fail", "raise Violation('the known failure')"),
    5: ("is_mended", "expect.that(True, 'it is broken')"),
    6: ("is_a_mistake", "{}['no such key']"),
    7: ("holds", "expect.that(True, 'it is broken')"),
    8: ("looks_at_nothing", "pass"),
}
EXPECTED = """
[expected]
"NOTE-04 create_note" = { reason = "ticket 12", until = 2099-01-01 }
"NOTE-05 create_note" = { reason = "ticket 13", until = 2099-01-01 }
"""
PROBE = """
from bookplate.pytest_fixtures import RUN

def pytest_sessionfinish(session):
    print(f"\\nis_full={session.config.stash[RUN].is_full}")
"""


class Project:
    """A folder with laws of its own, in which pytest is run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.laws = folder / "my_laws"
        self.laws.mkdir()
        for number in STATEMENTS:
            self.write(number)
        (self.laws / "pytest.toml").write_text(
            '[pytest]\npython_files = ["*_[0-9][0-9]_*.py"]\naddopts = ["-p", "bookplate.pytest_plugin"]\n'
        )
        toy = (FOLDER / "toy.toml").read_text().replace("toy.yaml", str(FOLDER / "toy.yaml"))
        (folder / "bookplate.toml").write_text(toy + EXPECTED)
        (folder / "probe.py").write_text(PROBE)

    def write(self, number: int, fixture: str = "operation: Operation") -> None:
        slug, statement = STATEMENTS[number]
        level = ", level=SHOULD" if number == 2 else ""
        law = LAW.format(number=number, slug=slug, statement=statement, fixture=fixture, level=level)
        (self.laws / f"note_0{number}_{slug}.py").write_text(HEAD + law, encoding="utf-8")

    def pytest(self, *arguments: str, target: str = "tests.fakes.toy:create_app") -> tuple[int, str]:
        """Run pytest on the laws, and return its exit code and what it wrote."""
        command = [sys.executable, "-m", "pytest", "my_laws", "--laws=my_laws", f"--target={target}", *arguments]
        alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=alone | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(self.folder)])},
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(name="project", scope="module")
def _project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("project"))


@pytest.fixture(name="whole_run", scope="module")
def _whole_run(project: Project) -> tuple[int, str]:
    """What pytest says of all laws of the project."""
    return project.pytest("-rsx")


def items(text: str) -> list[str]:
    """Return the ids of the laws in what `--collect-only -q` wrote."""
    return re.findall(r"^note_(\d\d)_\w+\.py::", text, re.MULTILINE)


def test_each_verdict_has_its_outcome(whole_run: tuple[int, str]) -> None:
    code, text = whole_run

    assert code == 1
    counts = set(re.findall(r"\d+ (?:failed|passed|skipped|xfailed|error|warned)", text.splitlines()[-1]))
    assert counts == {"2 failed", "1 passed", "2 skipped", "1 xfailed", "1 error", "1 warned"}


def test_a_failure_names_its_law_and_its_file(whole_run: tuple[int, str], project: Project) -> None:
    text = whole_run[1]

    assert "NOTE-01  Law number 1." in text
    assert "observed  another text" in text
    assert re.search(r"^law +my_laws/note_01_is_broken\.py$", text, re.MULTILINE)


def test_what_is_no_failure_says_why(whole_run: tuple[int, str]) -> None:
    text = whole_run[1]

    assert "_ warned: note_02_is_advice.py::test_is_advice[create_note] _" in text
    assert "observed  an old habit" in text
    assert "not checked: there is no admin" in text
    assert "ticket 12" in text
    assert "[XPASS(strict)] it is expected to fail and passed" in text
    assert "KeyError: 'no such key'" in text


def test_a_law_that_looks_at_nothing_does_not_pass(whole_run: tuple[int, str]) -> None:
    assert "nothing here could have broken it" in whole_run[1]


def test_what_failed_is_tried_again_alone(whole_run: tuple[int, str], project: Project) -> None:
    assert whole_run[0] == 1

    code, text = project.pytest("--lf", "--collect-only", "-q", "-p", "probe")

    assert (code, items(text)) == (0, ["01", "05", "06"])
    assert "is_full=False" in text


def test_the_first_failure_stops_the_run(project: Project) -> None:
    code, text = project.pytest("-x", "-k", "NOTE_01 or NOTE_07")

    assert code == 1
    assert re.search(r"1 failed, 6 deselected", text.splitlines()[-1])


def test_a_law_is_chosen_by_its_id_and_the_rest_is_judged_by_nothing(project: Project) -> None:
    code, text = project.pytest("--collect-only", "-q", "-k", "NOTE_03", "-p", "probe")

    assert (code, items(text)) == (0, ["03"])
    assert "is_full=False" in text


def test_a_folder_alone_is_no_whole_run(project: Project) -> None:
    """The coverage gate judges only a run of every law, and our own are not among the items here."""
    code, text = project.pytest("--collect-only", "-q", "-p", "probe")

    assert (code, items(text)) == (0, ["01", "02", "03", "04", "05", "06", "07", "08"])
    assert "is_full=False" in text


def test_all_laws_are_a_whole_run(project: Project) -> None:
    code, text = project.pytest("--collect-only", "-q", "-p", "probe", str(ROOT / "contract_tests"))

    assert code == 0
    assert "is_full=True" in text


def test_fixtures_are_listed_with_what_they_are(project: Project) -> None:
    code, text = project.pytest("--fixtures")

    assert code == 0
    assert re.search(r"^resources .*\n +Makes, finds, reads and changes resources", text, re.MULTILINE)


def test_a_misspelt_fixture_names_the_law_and_the_nearest(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(7, fixture="resorces: Resources")

    code, text = project.pytest("--collect-only", "-q")

    assert code == pytest.ExitCode.USAGE_ERROR
    file = project.laws / "note_07_holds.py"
    assert f"ERROR: {file}: NOTE-07 asks for 'resorces', which is no fixture: the nearest is 'resources'" in text


def test_a_mistake_in_what_was_asked_is_one_line(project: Project) -> None:
    code, text = project.pytest("--rule=PAGE-99")

    assert code == pytest.ExitCode.USAGE_ERROR
    assert [line for line in text.splitlines() if line] == ["ERROR: there is no rule PAGE-99: did you mean PAGE-09?"]
