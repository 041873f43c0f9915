"""docs/how-to/check-an-express-service.md is true: its files are written and its commands run, in a folder of their own."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bookplate.express_books import EXAMPLE, install, is_installed, require_node

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/check-an-express-service.md").read_text(encoding="utf-8")
# A file by its name above its text, or what somebody types with what is shown then.
STEP = re.compile(r"^(?:`(?P<file>[\w.]+)`:\n\n```\w+|```console)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
MODULES = ROOT / EXAMPLE / "node_modules"

pytestmark = pytest.mark.long


class Reader:
    """Somebody who does what the page says, with the packages of the example instead of those that npm would install."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code = 0

    def follow(self, page: str) -> None:
        for step in STEP.finditer(page):
            if step["file"]:
                (self.folder / step["file"]).write_text(step["text"], encoding="utf-8")
            else:
                self.type(step["text"])

    def type(self, text: str) -> None:
        for command, shown in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", text, re.MULTILINE):
            if command == "echo $?":
                assert shown == f"{self.code}\n"
            else:
                said = self.run(*shlex.split(command))
                expect_in_order(said, [line.strip() for line in shown.splitlines() if line != "..."])

    def run(self, program: str, *words: str) -> str:
        if program == "npm":
            assert words == ("install", "express@5")
            (self.folder / "node_modules").symlink_to(MODULES, target_is_directory=True)
            return ""
        assert program == "bookplate"
        alone = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        alone["PYTHONPATH"] = str(ROOT)
        command = [sys.executable, "-m", "bookplate", *words]
        done = subprocess.run(command, cwd=self.folder, env=alone, capture_output=True, text=True, check=False)
        self.code = done.returncode
        return done.stdout + done.stderr


def expect_in_order(said: str, lines: list[str]) -> None:
    position = 0
    for line in lines:
        assert line in said[position:], f"{line!r} was not said, but:\n{said}"
        position = said.index(line, position)


def test_a_mistake_is_found_and_mended(tmp_path: Path) -> None:
    """At every change, where the packages are there: all but the last step, which tries all laws."""
    require_node()
    if not is_installed():
        pytest.skip(
            "NOT INSTALLED: tox -e examples installs it; docs/how-to/check-an-express-service.md was not followed"
        )

    Reader(tmp_path).follow(PAGE.partition("## 5.")[0])


@pytest.mark.nightly  # installs with npm, and tries all laws
def test_the_page_can_be_followed(tmp_path: Path) -> None:
    require_node()
    install()

    Reader(tmp_path).follow(PAGE)


def test_the_page_has_its_steps() -> None:
    files = [step["file"] for step in STEP.finditer(PAGE)]

    assert [name for name in files if name] == [
        "openapi.yaml",
        "package.json",
        "server.js",
        "bookplate.toml",
        "server.js",
    ]
    assert files.count(None) == 4
