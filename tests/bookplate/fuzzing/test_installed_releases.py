"""The oldest and the newest release of schemathesis that the wheel asks for: each is installed, and does its work."""

import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

from tests.bookplate.command import read_report, rules
from tests.fakes import FOLDER

pytestmark = pytest.mark.nightly

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RANGE = next(line for line in PROJECT["dependencies"] if line.startswith("schemathesis"))
OLDEST = RANGE.partition(">=")[2].partition(",")[0]
SERVICE = "examples.foreign_loans.app:create_app"
OF_GENERATED_REQUESTS = {"SCHEMA-01", "SCHEMA-02", "ROBUST-01", "AUTH-01", "SPEC-04"}


@pytest.fixture(name="python", scope="module", params=[f"schemathesis=={OLDEST}.0", RANGE], ids=["oldest", "newest"])
def _python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has this release, and else what this environment has."""
    folder = tmp_path_factory.mktemp("release")
    venv.create(folder, with_pip=False)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "environment.pth").write_text(str(Path(pytest.__file__).parents[1]) + "\n", encoding="utf-8")
    python = folder / "bin/python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--ignore-installed"]
    done = subprocess.run([*install, request.param], capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != 0 and re.search(r"No matching distribution|Connection", done.stderr):
        pytest.skip(f"pip gets no {request.param}: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return python


def check(python: Path, output: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command with a Python of another environment."""
    return subprocess.run(
        [str(python), "-m", "bookplate", *arguments, "--output", str(output)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_an_honest_service_passes(python: Path, tmp_path: Path) -> None:
    asked = ["--config", str(FOLDER / "toy.toml"), "--fast", "--operation", "create_note", "--operation", "get_note"]

    done = check(python, tmp_path, "tests.fakes.toy:create_app", *asked, *rules(*OF_GENERATED_REQUESTS))

    assert done.returncode == 0, done.stdout + done.stderr
    assert {finding["rule"] for finding in read_report(tmp_path)["findings"]} >= OF_GENERATED_REQUESTS


def test_a_crash_is_found(python: Path, tmp_path: Path) -> None:
    config = str(ROOT / "examples/foreign_loans/bookplate.toml")
    asked = ["--config", config, "--rule", "ROBUST-01", "--operation", "update_loan"]

    done = check(python, tmp_path, SERVICE, *asked, LOANS_DEFECT="crashes")

    failed = [each for each in read_report(tmp_path)["findings"] if each["verdict"] == "failed"]
    assert (done.returncode, {(each["rule"], each["operation"]) for each in failed}) == (
        1,
        {("ROBUST-01", "update_loan")},
    )
