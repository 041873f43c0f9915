"""Which versions of Python there are for the suite is said in five places, and they agree."""

import re
import sys
import tomllib
from typing import Any

import pytest
import yaml

from tests.bookplate.installed import ROOT


@pytest.fixture(name="project")
def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


@pytest.fixture(name="versions")
def _versions(project: dict[str, Any]) -> list[str]:
    """The versions that the classifiers name, oldest first."""
    return re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))


def test_the_range_of_the_package_is_that_of_its_classifiers(project: dict[str, Any], versions: list[str]) -> None:
    minors = [int(version.removeprefix("3.")) for version in versions]

    assert minors == list(range(minors[0], minors[-1] + 1))
    assert project["requires-python"] == f">=3.{minors[0]},<3.{minors[-1] + 1}"


def test_the_contract_is_tried_on_each_of_them(versions: list[str]) -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/contract.yml").read_text(encoding="utf-8"))

    assert workflow["jobs"]["contract"]["strategy"]["matrix"]["python"] == versions


def test_the_readme_names_them(versions: list[str]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert f"It needs Python {', '.join(versions[:-1])} or {versions[-1]}:" in readme


def test_the_action_runs_on_one_of_them(versions: list[str]) -> None:
    given = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]["python-version"]

    assert given["default"] in versions
    assert f"{versions[0]} to {versions[-1]}" in given["description"]


def test_the_locks_are_for_all_of_them(versions: list[str]) -> None:
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")

    assert f"--universal --python-version {versions[0]} " in tox


def test_these_tests_run_on_one_of_them(versions: list[str]) -> None:
    assert f"3.{sys.version_info.minor}" in versions
