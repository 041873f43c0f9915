"""Somebody who follows a page about a service in another stack, in a folder of their own."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
# A file by its name above its text, an edit of one, or what somebody types with what is shown then.
STEP = re.compile(
    r"^(?:`(?P<file>[\w./]+)`:\n\n```\w+|```(?P<kind>console|diff))\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
# What a service has counted: `/notes/60`, `"id":60`. It may be another number in each run.
ID = re.compile(r"(?<=[/:])\d+")
BOOKPLATE = """#!/bin/sh
PYTHONPATH={root} exec {python} -m bookplate "$@"
"""


class Reader:
    """
    Somebody who writes the files of a page, makes its edits and types its commands.

    `programs` are folders that come before all others on the path. `instead` has what is done where a command is typed
    that installs something: it gets the words behind the program.
    """

    def __init__(
        self, folder: Path, programs: list[Path], instead: Mapping[str, Callable[[list[str]], None]] | None = None
    ) -> None:
        self.folder = folder / "service"
        self.folder.mkdir()
        self.instead = instead or {}
        self.code = 0
        own = folder / "programs"
        own.mkdir()
        (own / "bookplate").write_text(BOOKPLATE.format(root=ROOT, python=sys.executable), encoding="utf-8")
        (own / "bookplate").chmod(0o755)
        alone = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "PYTHON"))}
        path = os.pathsep.join([str(own), *map(str, programs), os.environ["PATH"]])
        self.environment = alone | {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

    def follow(self, page: str) -> None:
        """Take each step of a page; raises AssertionError where something else is shown than the page has."""
        for step in STEP.finditer(page):
            if step["file"]:
                self.write(step["file"], step["text"])
            elif step["kind"] == "diff":
                self.edit(step["text"])
            else:
                self.type(step["text"])

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, diff: str) -> None:
        lines = diff.splitlines()
        path = self.folder / lines[1].removeprefix("+++ b/")
        before = "".join(f"{line[1:]}\n" for line in lines[2:] if line[:1] != "+")
        after = "".join(f"{line[1:]}\n" for line in lines[2:] if line[:1] != "-")
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{path.name} has {text.count(before)} places for this edit:\n{diff}"
        path.write_text(text.replace(before, after), encoding="utf-8")

    def type(self, text: str) -> None:
        for command, shown in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", text, re.MULTILINE):
            program, *words = shlex.split(command)
            if command == "echo $?":
                assert shown == f"{self.code}\n"
            elif program in self.instead:
                self.instead[program](words)
            elif program == "export":
                self.environment |= dict(word.split("=", 1) for word in words)
            else:
                expect_in_order(self.run(command), [line.strip() for line in shown.splitlines() if line != "..."])

    def run(self, command: str) -> str:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=600,
        )
        self.code = done.returncode
        return done.stdout


def expect_in_order(said: str, lines: list[str]) -> None:
    """Expect that each of these lines was said after the one before it, with any ids; raises AssertionError."""
    position = 0
    for line in lines:
        found = re.compile(ID.sub(r"\\d+", re.escape(line))).search(said, position)
        assert found, f"{line!r} was not said, but:\n{said}"
        position = found.start()
