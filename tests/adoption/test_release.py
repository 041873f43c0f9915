"""The release: what is in its way is said, and its workflow needs no password. `tox -e release` makes one."""

import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

import bookplate
from tests.adoption.composite import EXPRESSION
from tests.release.__main__ import ROOT, require_version
from tests.release.building import NotReleasable, export, require_equal, time_of_commit
from tests.release.materials import PIN, require_all
from tests.release.trial import DATA, require_data

LOCK = "one==1.0 \\\n    --hash=sha256:aa\ntwo-parts==2.0 ; sys_platform == 'win32' \\\n"
ONE, TWO = {"name": "one", "version": "1.0"}, {"name": "two-parts", "version": "2.0"}


@pytest.fixture(name="jobs")
def _jobs() -> dict[str, Any]:
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    jobs: dict[str, Any] = workflow["jobs"]
    return jobs


def test_builds_that_differ_are_not_released() -> None:
    require_equal({"a.whl": "1"}, {"a.whl": "1"})

    with pytest.raises(NotReleasable, match=r"differ: a\.whl, b\.whl"):
        require_equal({"a.whl": "1", "b.whl": "1"}, {"a.whl": "2"})


@pytest.mark.parametrize(
    "components", [[ONE], [ONE, TWO, {"name": "three", "version": "3"}], [ONE, TWO | {"version": "3"}]]
)
def test_a_bill_that_is_not_the_lock_is_not_released(components: list[dict[str, str]]) -> None:
    require_all(LOCK, {"components": [ONE, TWO]})

    with pytest.raises(NotReleasable, match="lock and bill of materials differ: "):
        require_all(LOCK, {"components": components})


@pytest.mark.parametrize("names", [DATA[1:], [*DATA, "tests/__init__.py"]])
def test_a_wheel_that_lacks_a_file_or_has_one_too_many_is_not_released(names: list[str], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as archive:
        for name in names:
            archive.writestr(name, "")

    with pytest.raises(NotReleasable, match=r"^the wheel lacks "):
        require_data(tmp_path / "a.whl")


def test_a_tag_is_that_of_the_version_and_the_changelog_has_it() -> None:
    version = bookplate.__version__
    require_version(f"v{version}", f"# Changelog\n\n## {version} · 2026-12-01\n")

    with pytest.raises(NotReleasable, match="is not that of bookplate"):
        require_version("v99.0.0", f"\n## {version}")
    with pytest.raises(NotReleasable, match="has no section"):
        require_version(f"v{version}", "# Changelog\n\n## Unreleased\n")


def test_only_what_is_committed_is_released(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    (repository / "kept.py").write_text("1\n")
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "one"]):
        subprocess.run([*git, *command], cwd=repository, check=True)
    (repository / "forgotten.py").write_text("2\n")

    folder = export(repository, tmp_path / "exported")

    assert [path.name for path in folder.iterdir()] == ["kept.py"]
    assert int(time_of_commit(repository)) > 0


def test_the_lock_of_the_wheel_has_what_the_wheel_needs() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("dependencies = [")[2].partition("\n]")[0]
    needed = {line.split('"')[1].split(">")[0].split("=")[0] for line in project.strip().splitlines()}

    pinned = {name for name, _ in PIN.findall((ROOT / "requirements/bookplate.txt").read_text(encoding="utf-8"))}
    assert needed <= pinned
    assert not {"flask", "connexion"} & pinned, "what the reference needs is no part of the package"


def test_publishing_needs_no_password_and_building_may_publish_nothing(jobs: dict[str, Any]) -> None:
    assert "permissions" not in jobs["build"]
    assert jobs["publish"]["permissions"] == {"id-token": "write", "attestations": "write", "contents": "read"}
    assert jobs["publish"]["needs"] == "build"
    assert "secrets." not in str(jobs)
    assert "password" not in str(jobs["publish"]["steps"])


def test_no_script_of_the_workflow_has_an_expression(jobs: dict[str, Any]) -> None:
    scripts = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]

    assert [script for script in scripts if EXPRESSION.search(script)] == []
    assert any("tox -e release" in script for script in scripts)
