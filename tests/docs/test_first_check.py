"""docs/how-to/first-check.md is true: its commands are typed against the service of the page about FastAPI."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookplate.target.instance import free_port
from tests.bookplate.installed import wait_for
from tests.docs.service_pages import ROOT, STEP, Reader

PAGE = (ROOT / "docs/how-to/first-check.md").read_text(encoding="utf-8")
SERVICE = (ROOT / "docs/how-to/check-a-fastapi-service.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"

pytestmark = pytest.mark.long


@pytest.fixture(name="url")
def _url(tmp_path: Path) -> Iterator[str]:
    """The service of the page about FastAPI, before it is mended."""
    if importlib.util.find_spec("fastapi") is None:
        pytest.skip("NOT INSTALLED: fastapi of requirements/bench.txt; docs/how-to/first-check.md was not followed")
    [app] = [step["text"] for step in STEP.finditer(SERVICE) if step["file"] == "app.py"]
    (tmp_path / "app.py").write_text(app, encoding="utf-8")
    url = ADDRESS.replace("8000", str(free_port()))
    command = [sys.executable, "-m", "uvicorn", "app:app", "--log-level", "warning", "--port", url.rpartition(":")[2]]
    with subprocess.Popen(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path)}) as server:
        try:
            wait_for(url)
            yield url
        finally:
            server.terminate()


@pytest.mark.nightly  # four checks
def test_the_page_can_be_followed(url: str, tmp_path: Path) -> None:
    def install(words: list[str]) -> None:
        """Give the environment the command of this clone, instead of what pip would build and download."""
        assert words == ["install", "./bookplate"]
        programs = reader.folder / "beside/bin"
        programs.mkdir(parents=True)
        (programs / "bookplate").symlink_to(tmp_path / "programs/bookplate")

    def make_environment(words: list[str]) -> None:
        assert words == ["-m", "venv", "beside"]

    reader = Reader(tmp_path, [], {"python3": make_environment, "beside/bin/pip": install})

    reader.follow(PAGE.replace(ADDRESS, url))


def test_the_seconds_add_up() -> None:
    rows = re.findall(r"^\| (.*) \| ([\d.]+) \|$", PAGE, re.MULTILINE)

    assert rows[-1] == ("all commands together", f"{sum(float(seconds) for _, seconds in rows[:-1]):.1f}")
