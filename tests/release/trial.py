"""The wheel as somebody gets it: installed into a new environment, tried in an empty folder."""

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import yaml

import bookplate
from bookplate.contract.document import Document
from tests.bookplate.installed import running
from tests.fakes import FOLDER

from .building import NotReleasable

# What a wheel cannot do without, beside its Python.
DATA = (
    "bookplate/py.typed",
    "bookplate/pytest.toml",
    "bookplate/report/report.html.j2",
    "bookplate/contract_tests/page/page_01_every_item_exactly_once.py",
)
LAWS = ("PAGE-01", "AUTHZ-01", "SCHEMA-01", "SPEC-01")


def require_data(wheel: Path) -> int:
    """Return how many files a wheel has; raises NotReleasable where it lacks one, or has one of another package."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    missing = [name for name in DATA if name not in names]
    strange = sorted({name.partition("/")[0] for name in names if not name.startswith(("bookplate/", "bookplate-"))})
    if missing or strange:
        raise NotReleasable(f"the wheel lacks {missing} and has {strange} that is not its own")
    return len(names)


def try_wheel(repository: Path, wheel: Path, work: Path) -> str:
    """
    Install a wheel and its locked packages, check a small service in an empty folder, and return the last words of that.

    Raises NotReleasable where `bookplate --version` or the check say something else than they should.
    """
    environment, empty = work / "environment", work / "empty"
    venv.create(environment, with_pip=False)
    empty.mkdir()
    pip = [sys.executable, "-m", "pip", "--quiet", "--python", str(environment / "bin/python"), "install"]
    subprocess.run([*pip, "--require-hashes", "-r", str(repository / "requirements/bookplate.txt")], check=True)
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True)
    program = str(environment / "bin/bookplate")
    version = said(empty, program, "--version")
    if version != f"bookplate {bookplate.__version__}\n":
        raise NotReleasable(f"bookplate --version says {version!r}")
    document = work / "notes.yaml"
    document.write_text(yaml.safe_dump(Document.load(FOLDER / "toy.yaml").relaxed()), encoding="utf-8")
    asked = [word for law in LAWS for word in ("--rule", law)]
    with running("tests.fakes.toy:create_app", document) as url:
        told = said(empty, program, "check", url, "--document", str(document), "--fast", *asked)
    [verdict] = re.findall(r"^passed: .*$", told, re.MULTILINE)
    if sorted(path.name for path in empty.iterdir()) != ["build"]:
        raise NotReleasable(f"the check has left {sorted(path.name for path in empty.iterdir())}")
    return str(verdict)


def said(folder: Path, *command: str) -> str:
    """Run a command as somebody without this repository, and return what it prints; raises NotReleasable."""
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GITHUB_"))}
    done = subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise NotReleasable(f"{' '.join(command)} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr}")
    return done.stdout
