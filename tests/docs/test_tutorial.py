"""The tutorial and the how-to pages are true: their commands are run and their edits made, in a copy of the repository."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
COPIED = ("bookplate", "contract_tests", "impl", "openapi", "pyproject.toml", "tox.ini")
PAGES = ["tutorial.md", "how-to/add-an-operation.md", "how-to/add-a-resource.md", "how-to/check-your-own-service.md"]
# `sh` blocks name what only the reader has; `console` blocks are run as they stand, and `diff` blocks applied.
BLOCK = re.compile(r"^(?P<indent> *)```(?P<kind>console|diff)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
FLASK = ".tox/contract/bin/flask"
PYTHON = ".tox/contract/bin/python"


class Reader:
    """Somebody who does what a page says, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code = 0

    def follow(self, page: str, *, types: bool = True) -> None:
        for block in BLOCK.finditer(page):
            lines = [line.removeprefix(block["indent"]) for line in block["text"].splitlines()]
            if block["kind"] == "diff":
                self.edit(lines)
            elif types:
                self.type(lines)

    def edit(self, lines: list[str]) -> None:
        path = self.folder / lines[1].removeprefix("+++ b/")
        path.parent.mkdir(exist_ok=True)
        text = "" if lines[0] == "--- /dev/null" else path.read_text(encoding="utf-8")
        for hunk in filter(None, re.split(r"^@@.*\n", "\n".join(lines[2:]), flags=re.MULTILINE)):
            told = hunk.rstrip("\n").splitlines()
            before = "".join(f"{line[1:]}\n" for line in told if line[:1] != "+")
            after = "".join(f"{line[1:]}\n" for line in told if line[:1] != "-")
            assert text.count(before) == 1, f"{path.name} has {text.count(before)} places for this edit:\n{hunk}"
            text = text.replace(before, after)
        path.write_text(text, encoding="utf-8")

    def type(self, lines: list[str]) -> None:
        starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            command, shown = lines[start].removeprefix("$ "), lines[start + 1 : end]
            if command == "echo $?":
                assert [str(self.code)] == shown
            else:
                self.check(command, shown)

    def check(self, command: str, shown: list[str]) -> None:
        said = self.run(command)
        position = 0
        for line in (line.strip() for line in shown if line != "..."):
            assert line in said[position:], f"{command} did not say {line!r}, but:\n{said}"
            position = said.index(line, position)

    def run(self, command: str) -> str:
        """Run a command as tox would, in the present environment, and return what it printed."""
        program, *words = shlex.split(command)
        if program == "cp":
            source, target = words
            shutil.copy(self.folder / source, self.folder / target)
            return ""
        module = module_of(program, words)
        alone = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        alone["PYTHONPATH"] = str(self.folder)
        done = subprocess.run(
            [sys.executable, "-m", *module], cwd=self.folder, env=alone, capture_output=True, text=True, check=False
        )
        self.code = done.returncode
        return done.stdout + done.stderr


def module_of(program: str, words: list[str]) -> list[str]:
    """Return the module that a command runs, and its arguments."""
    if program == FLASK:
        return ["flask", *words]
    if program == PYTHON and words[0] == "-m":
        return words[1:]
    assert [program, *words[:3]] == ["tox", "-e", "contract", "--"]
    return ["bookplate", *words[3:]]


def copy_repository(folder: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)


# At every change tests/docs/test_add_a_resource.py makes the edits of that page, and asks which laws then apply.
# What tutorial.md runs most, the whole contract and its laws, runs beside the tests at every change.
AT_NIGHT = {"how-to/add-a-resource.md", "tutorial.md"}


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=pytest.mark.nightly if page in AT_NIGHT else ()) for page in PAGES]
)
def test_a_page_can_be_followed(page: str, tmp_path: Path) -> None:
    copy_repository(tmp_path)
    Reader(tmp_path).follow((ROOT / "docs" / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_links_to_what_is_there(page: str) -> None:
    path = ROOT / "docs" / page
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []
