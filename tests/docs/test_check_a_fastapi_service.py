"""docs/how-to/check-a-fastapi-service.md is true: its files are written and its commands run, in a folder of their own."""

import importlib.util
import sys
from pathlib import Path

import pytest

from tests.docs.service_pages import ROOT, STEP, Reader

PAGE = (ROOT / "docs/how-to/check-a-fastapi-service.md").read_text(encoding="utf-8")
PACKAGES = ["fastapi", "python-multipart", "uvicorn"]

pytestmark = pytest.mark.long


def pip(words: list[str]) -> None:
    """Install nothing: the environment of the tests has these packages."""
    assert words == ["install", *PACKAGES]


def test_the_page_can_be_followed(tmp_path: Path) -> None:
    if missing := [name for name in ("fastapi", "python_multipart") if importlib.util.find_spec(name) is None]:
        pytest.skip(
            f"NOT INSTALLED: {', '.join(missing)} of requirements/bench.txt; "
            "docs/how-to/check-a-fastapi-service.md was not followed"
        )

    Reader(tmp_path, [Path(sys.executable).parent], {"pip": pip}).follow(PAGE)


def test_the_page_has_its_steps() -> None:
    steps = [step["file"] or step["kind"] for step in STEP.finditer(PAGE)]

    assert steps == ["console", "app.py", "console", "bookplate.toml", "console", "diff", "console"]
