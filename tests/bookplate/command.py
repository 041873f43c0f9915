"""The command, run in this process or in one of its own, and the report that it writes."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bookplate.cli import main
from tests.fakes import FOLDER

Report = dict[str, Any]


def check(output: Path, *arguments: str, config: Path = FOLDER / "toy.toml") -> int:
    """Run the command in this process, which has imported already what takes long, and return its exit code."""
    return main([*arguments, "--config", str(config), "--output", str(output)])


def report_with(environment: Mapping[str, str], output: Path, *arguments: str, config: Path) -> Report:
    """Run the command in this process with more in its environment, which servers inherit, and return the report."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        check(output, *arguments, config=config)
    return read_report(output)


def report_of_its_own_process(output: Path, *arguments: str) -> Report:
    """Run the command as a user does, and return the report."""
    command = [sys.executable, "-m", "bookplate", *arguments, "--output", str(output)]
    subprocess.run(command, env=os.environ, capture_output=True, check=False)
    return read_report(output)


def read_report(output: Path) -> Report:
    report: Report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    return report


def rules(*names: str) -> list[str]:
    """Return the words that ask for these rules."""
    return [word for name in names for word in ("--rule", name)]
