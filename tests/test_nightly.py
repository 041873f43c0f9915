"""A run says how many tests it leaves to the night, and begins with the files that take longest."""

import subprocess
import sys
from pathlib import Path

import pytest

SETTINGS = """
[pytest]
addopts = --strict-markers -p no:cacheprovider -m "not nightly"
markers =
    long: begun before the others
    nightly: left to the night
"""
TESTS = {
    "test_a.py": "def test_quick():\n    pass\n",
    "test_b.py": """
import pytest

pytestmark = pytest.mark.long


@pytest.mark.parametrize("rounds", [1, pytest.param(2, marks=pytest.mark.nightly)])
def test_rounds(rounds):
    pass
""",
}
LINE = 'nightly tests not run: 1 (test_b 1); tox -e nightly runs all, -m "" those that are named'


@pytest.fixture(name="project", scope="module")
def _project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the conftest.py of this one, and three tests."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "conftest.py").write_text(Path(__file__).with_name("conftest.py").read_text(encoding="utf-8"))
    (folder / "pytest.ini").write_text(SETTINGS)
    for name, text in TESTS.items():
        (folder / name).write_text(text)
    return folder


def run(project: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=True, timeout=100).stdout


@pytest.mark.parametrize("workers", [[], ["-n", "2", "--dist", "loadfile"]], ids=["alone", "with workers"])
def test_what_is_left_to_the_night_is_counted(project: Path, workers: list[str]) -> None:
    said = run(project, *workers)

    assert LINE in said.splitlines()
    assert "2 passed" in said


def test_everything_runs_when_asked_for(project: Path) -> None:
    said = run(project, "-m", "")

    assert "3 passed" in said
    assert "nightly" not in said


def test_long_files_are_begun_first(project: Path) -> None:
    said = run(project, "-v")

    assert said.index("test_b.py::test_rounds[1]") < said.index("test_a.py::test_quick")
