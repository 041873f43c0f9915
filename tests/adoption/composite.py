"""The steps of a composite action, run as a runner of GitHub runs them: bash, with the inputs as its environment."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
# How a runner starts a step that names the shell bash.
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")


@dataclass(frozen=True)
class Done:
    """What a step has left: its exit code, what it printed, its outputs, and the text of its summary."""

    code: int
    said: str
    outputs: Mapping[str, str]
    summary: str


class Job:
    """
    A job that uses a composite action: a workspace, a folder of the runner's own, and a checkout of the action.

    `values` has what expressions stand for, such as `inputs.target`; those that are not given have their defaults.
    """

    def __init__(self, action: Path, folder: Path, values: Mapping[str, str]) -> None:
        self.action = yaml.safe_load(action.read_text(encoding="utf-8"))
        self.checkout = action.parent
        self.workspace = folder / "workspace"
        self.runner = folder / "runner"
        for place in (self.workspace, self.runner):
            place.mkdir(parents=True, exist_ok=True)
        defaults = {f"inputs.{name}": each.get("default", "") for name, each in self.action["inputs"].items()}
        self.values = {**defaults, **values}

    def step(self, name: str) -> dict[str, Any]:
        """Return the step that has this id."""
        found: dict[str, Any] = next(step for step in self.action["runs"]["steps"] if step.get("id") == name)
        return found

    def filled(self, text: str) -> str:
        """Return a text with the values of its expressions; raises KeyError for an expression without a value."""
        return EXPRESSION.sub(lambda found: self.values[found[1]], text)

    def run(self, name: str) -> Done:
        """Run the script of a step and return what it has left."""
        step = self.step(name)
        assert step["shell"] == "bash"
        script, outputs, summary = (self.runner / f"{name}.{kind}" for kind in ("sh", "outputs", "summary"))
        script.write_text(step["run"], encoding="utf-8")
        outputs.touch()
        summary.touch()
        done = subprocess.run(
            [*BASH, str(script)],
            cwd=self.workspace / self.filled(step.get("working-directory", ".")),
            env=self.environment()
            | {"GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary)}
            | self.given(step),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=500,
        )
        lines = outputs.read_text(encoding="utf-8").splitlines()
        return Done(
            done.returncode,
            done.stdout,
            dict(line.split("=", 1) for line in lines),
            summary.read_text(encoding="utf-8"),
        )

    def given(self, step: Mapping[str, Any]) -> dict[str, str]:
        return {name: self.filled(value) for name, value in step.get("env", {}).items()}

    def environment(self) -> dict[str, str]:
        """Return what a runner sets beside that: the variables that GitHub documents, and nothing of this test run."""
        ours = ("GITHUB_", "PYTEST_", "PYTHON", "BOOKPLATE_")
        return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(self.checkout),
            "GITHUB_REPOSITORY": "somebody/orders",
            "GITHUB_SERVER_URL": "https://git.example",
            "GITHUB_SHA": "c0ffee",
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.runner),
        }
