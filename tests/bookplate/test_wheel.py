"""The wheel: what is in it, and that it checks a service from inside a project that breaks every other run of pytest."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import bookplate
from bookplate.contract.document import Document
from bookplate.laws.catalogue import Catalogue
from tests.bookplate.installed import ROOT, build_wheel, install_wheel, make_environment, running
from tests.fakes import FOLDER

pytestmark = [pytest.mark.wheel, pytest.mark.long]

RULES = ("PAGE-01", "STATE-01", "AUTHZ-01", "SPEC-01", "SPEC-03", "SCHEMA-01")
OPERATIONS = ("create_note", "list_notes", "get_note")
# Each is loaded by every run of pytest that does not turn that off, and lets none of them pass.
PLUGINS = {
    "fake_django": "raise ImportError('no settings are configured')",
    "fake_randomly": "def pytest_collection_modifyitems(items):\n    items.clear()",
    "fake_timeout": "def pytest_configure(config):\n    raise SystemExit('no time is left')",
}
HOSTILE = {
    "conftest.py": "raise SystemExit('this project wants no visitors')",
    "pytest.ini": "[pytest]\naddopts = --does-not-exist\n",
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = ['--does-not-exist']\n",
    "page.py": "raise SystemExit('this is no law')",
    "contract_tests/__init__.py": "raise SystemExit('these are no laws')",
    "contract_tests/page/__init__.py": "raise SystemExit('these are no laws')",
    "contract_tests/page/page_01_of_another_book.py": "raise SystemExit('this is no law')",
    "impl/__init__.py": "raise SystemExit('this is another implementation')",
}
GROUPS = {law.path.parent.name for law in Catalogue.shipped()}
NONSENSE = {"PYTEST_ADDOPTS": "--no-such-option", "PYTEST_PLUGINS": "no_such_plugin"}


@pytest.fixture(name="wheel", scope="module")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(name="project", scope="module")
def _project(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hostile project, with a `.venv` into which the wheel is installed; nothing is downloaded for it."""
    folder = tmp_path_factory.mktemp("project")
    for name, text in HOSTILE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    packages = make_environment(folder / ".venv")
    for name, text in PLUGINS.items():
        (packages / f"{name}.py").write_text(text, encoding="utf-8")
        metadata = packages / f"{name}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
        (metadata / "entry_points.txt").write_text(f"[pytest11]\n{name} = {name}\n", encoding="utf-8")
    install_wheel(wheel, folder / ".venv")
    return folder


@pytest.fixture(name="document", scope="module")
def _document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy's document with limits that no run meets."""
    path = tmp_path_factory.mktemp("document") / "notes.yaml"
    path.write_text(yaml.safe_dump(Document.load(FOLDER / "toy.yaml").relaxed()), encoding="utf-8")
    return path


@pytest.fixture(name="url", scope="module")
def _url(document: Path) -> Iterator[str]:
    """A running toy."""
    with running("tests.fakes.toy:create_app", document) as url:
        yield url


def visit(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the wheel's environment inside the hostile project."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    return subprocess.run(
        [str(project / ".venv/bin" / command[0]), *command[1:]],
        cwd=project,
        env=kept | NONSENSE | {"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def files_of(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder, without what Python and pytest keep in it."""
    for path in folder.rglob("*"):
        is_cached = any(part.startswith(".") for part in path.relative_to(folder).parts[:-1])
        if path.is_file() and path.suffix != ".pyc" and not is_cached:
            yield path


def verdicts(output: Path) -> set[tuple[str, str, str]]:
    findings = json.loads((output / "report.json").read_text(encoding="utf-8"))["findings"]
    return {(each["rule"], each["operation"], each["verdict"]) for each in findings}


def test_it_holds_the_engine_and_the_laws_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert {name.partition("/")[0] for name in names} == {"bookplate", f"bookplate-{bookplate.__version__}.dist-info"}
    engine = {path.relative_to(ROOT) for path in files_of(ROOT / "bookplate")}
    laws = {
        "bookplate" / path.relative_to(ROOT) for path in files_of(ROOT / "contract_tests") if path.parent.name in GROUPS
    }
    assert {Path(name) for name in names if ".dist-info/" not in name} == engine | laws
    assert "bookplate/py.typed" in names


def test_what_is_installed_lies_in_its_own_folders(project: Path) -> None:
    packages = next((project / ".venv").glob("lib/python*/site-packages"))
    record = next(packages.glob("bookplate-*.dist-info/RECORD")).read_text(encoding="utf-8")

    files = [line.split(",")[0] for line in record.splitlines()]
    assert {name for name in files if not name.startswith(("bookplate/", "bookplate-"))} == {"../../../bin/bookplate"}


def test_every_other_run_of_pytest_breaks_there(project: Path) -> None:
    assert visit(project, "python", "-m", "pytest", "--collect-only").returncode != 0


@pytest.mark.nightly  # at every change the files of the wheel, and the laws that it lists, are compared with the clone
def test_it_comes_to_the_same_verdicts_as_the_clone(project: Path, document: Path, url: str, tmp_path: Path) -> None:
    asked = [word for rule in RULES for word in ("--rule", rule)]
    asked += [word for operation in OPERATIONS for word in ("--operation", operation)]
    asked += ["--fast", "--keep", "--document", str(document), "--output"]

    there = visit(project, "bookplate", "check", url, *asked, str(tmp_path / "wheel"))
    here = subprocess.run(
        [sys.executable, "-m", "bookplate", "check", url, *asked, str(tmp_path / "clone")],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert (there.returncode, there.stderr) == (0, "")
    assert here.returncode == 0
    assert verdicts(tmp_path / "wheel") == verdicts(tmp_path / "clone")
    assert {rule for rule, _, _ in verdicts(tmp_path / "wheel")} == {*RULES}
    assert not (project / "build").exists(), "what a run writes lies under --output"


def test_it_lists_every_law_and_tells_its_version(project: Path, document: Path) -> None:
    listed = visit(project, "bookplate", "--list", "--document", str(document))
    version = visit(project, "bookplate", "--version")

    assert re.findall(r"^[A-Z]+-\d\d\b", listed.stdout, re.MULTILINE) == [
        law.id for law in Catalogue.shipped() if not law.is_probe
    ]
    assert version.stdout == f"bookplate {bookplate.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "bookplate: give a target: "),
        (["http://127.0.0.1:9", "--quiet"], "bookplate: nothing answers at http://127.0.0.1:9: "),
    ],
)
def test_what_only_a_clone_has_is_asked_for_in_one_line(project: Path, arguments: list[str], told: str) -> None:
    done = visit(project, "bookplate", "check", *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1
