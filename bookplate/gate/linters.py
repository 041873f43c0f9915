"""The linters of other projects: what each one finds in a document, at its line."""

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..contract.document import Document
from ..target.config import SetUpError
from .finding import ERROR, Finding
from .node import NotInstalled, installed_linters, run

YAMLLINT_SETTINGS = (".yamllint", ".yamllint.yaml", ".yamllint.yml")
YAMLLINT_LINE = re.compile(r"(?P<place>.+?:\d+):\d+: \[\w+\] (?P<message>.*)")


def run_yamllint(document: Document) -> Iterator[Finding]:
    """Yield what yamllint finds, by the settings of the working directory or else by ours; nothing in a JSON file."""
    if document.path.suffix == ".json":
        return
    if importlib.util.find_spec("yamllint") is None:
        raise NotInstalled("pip install yamllint")
    command: list[str | Path] = [sys.executable, "-m", "yamllint", "--strict", "--format", "parsable"]
    if not any(Path(name).is_file() for name in YAMLLINT_SETTINGS):
        command += ["-c", Path(__file__).with_name("yamllint.yaml")]
    done = run(*command, document.path, folder=Path.cwd())
    if done.returncode != 0 and not done.stdout:
        raise SetUpError(f"yamllint did not run: {last_line(done.stderr)}")
    for line in done.stdout.splitlines():
        if match := YAMLLINT_LINE.fullmatch(line):
            yield Finding(ERROR, match["place"], f"yamllint: {match['message']}")


def run_redocly(document: Document) -> Iterator[Finding]:
    """Yield what redocly finds by its rules `recommended-strict`."""
    folder = installed_linters()
    program = folder / "node_modules/@redocly/cli/bin/cli.js"
    arguments = ("--config", "redocly.yaml", "--format", "json", "--max-problems", "1000")
    done = run("node", program, "lint", document.path.resolve(), *arguments, folder=folder)
    for problem in parsed(done.stdout, "redocly", done.stderr)["problems"]:
        pointer = str(problem["location"][0].get("pointer", "#")).lstrip("#")
        yield Finding(ERROR, document.where(pointer), f"redocly: {problem['ruleId']}: {flat(problem['message'])}")


def run_spectral(document: Document) -> Iterator[Finding]:
    """Yield what spectral finds by its own rules for OpenAPI and by those of OWASP."""
    folder = installed_linters()
    program = folder / "node_modules/@stoplight/spectral-cli/dist/index.js"
    arguments = ("--ruleset", "owasp.yaml", "--format", "json", "--quiet", "--fail-severity", "hint")
    done = run("node", program, "lint", document.path.resolve(), *arguments, folder=folder)
    for problem in parsed(done.stdout, "spectral", done.stderr):
        line = problem["range"]["start"]["line"] + 1
        yield Finding(ERROR, f"{document.path}:{line}", f"spectral: {problem['code']}: {flat(problem['message'])}")


def parsed(output: str, linter: str, errors: str) -> Any:
    """Return the JSON that a linter wrote. Raises SetUpError with its last line where it wrote none."""
    try:
        return json.loads(output)
    except json.JSONDecodeError as problem:
        raise SetUpError(f"{linter} did not run: {last_line(errors or output)}") from problem


def last_line(text: str) -> str:
    """Return the last line of a text that is not blank, shortened."""
    lines = [line for line in text.splitlines() if line.strip()] or ["it printed nothing"]
    return lines[-1].strip()[:200]


def flat(text: object) -> str:
    """Return a text as one line."""
    return " ".join(str(text).split())
