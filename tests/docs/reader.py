"""Somebody who does what a page says: its files are written and its commands run, in a folder of their own."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# A file by its name above its text, or what somebody types with what is shown then.
STEP = re.compile(r"^(?:`(?P<file>[\w.]+)`:\n\n```\w+|```console)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Reader:
    """Somebody who has this clone's suite, and follows a page in a folder."""

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
        """Run a command and return what it has said; its exit code is kept."""
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
