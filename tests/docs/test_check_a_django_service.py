"""docs/how-to/check-a-django-service.md is true: its files are written and its commands run, in a folder of their own."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.docs.service_pages import ROOT, STEP, Reader

PAGE = (ROOT / "docs/how-to/check-a-django-service.md").read_text(encoding="utf-8")
PACKAGES = ["django", "djangorestframework", "drf-spectacular"]

pytestmark = pytest.mark.long


@pytest.fixture(name="programs")
def _programs(tmp_path: Path) -> Path:
    """The programs of an environment with Django, whose packages come from requirements/django.txt."""
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False)
    python = str(environment / "bin/python")
    lock = str(ROOT / "requirements/django.txt")
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--require-hashes", "-r", lock]
    done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        pytest.skip(
            f"NOT INSTALLED: Django, {done.stderr.strip().splitlines()[-1]}; "
            "docs/how-to/check-a-django-service.md was not followed"
        )
    return environment / "bin"


def pip(words: list[str]) -> None:
    """Install nothing: the environment has these packages from the lock."""
    assert words == ["install", *PACKAGES]


@pytest.mark.nightly  # installs Django
def test_the_page_can_be_followed(programs: Path, tmp_path: Path) -> None:
    Reader(tmp_path, [programs], {"pip": pip}).follow(PAGE)


def test_the_page_has_its_steps() -> None:
    steps = [step["file"] or step["kind"] for step in STEP.finditer(PAGE)]

    assert steps == [
        *("console", "manage.py", "settings.py", "urls.py", "notes/models.py", "notes/views.py"),
        *("console", "start.sh", "bookplate.toml", "console"),
        *("notes/document.py", "diff", "diff", "diff", "diff", "console"),
    ]
