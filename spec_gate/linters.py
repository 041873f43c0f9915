"""The linters: what each finds in the document, at its line."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bookplate.contract.document import Document
from bookplate.laws.catalogue import Catalogue
from bookplate.wire.outcomes import Violation

from .finding import ERROR, Finding, Missing
from .node import node_modules, run

BY_HAND = (".github", ".pre-commit-config.yaml", ".yamllint", "spec_gate/owasp.yaml", "spec_gate/redocly.yaml")


def keep_laws(document: Document) -> Iterator[Finding]:
    """Yield what breaks a law of the document itself: valid OpenAPI, true examples, known extension keys."""

    for rule in (law for law in Catalogue.shipped() if law.kind == "document"):
        try:
            if rule.function is not None:
                rule.function(document)
        except Violation as violation:
            where, _, message = violation.observed.partition(": ")
            yield Finding(ERROR, where, f"{rule.id}: {message}")


def please_yamllint(document: Document) -> Iterator[Finding]:
    """Yield what yamllint says of the document and of the settings that people write."""
    files = [str(document.path), *(name for name in BY_HAND if Path(name).exists())]
    done = run(sys.executable, "-m", "yamllint", "--strict", "--format", "parsable", *files, folder=Path.cwd())
    for line in done.stdout.splitlines():
        file, number, _, message = line.split(":", 3)
        yield Finding(ERROR, f"{file}:{number}", message.strip())
    if done.returncode != 0 and not done.stdout:
        raise Missing(f"yamllint did not run: {last_line(done.stderr)}; run this as `tox -e spec`")


def please_github(document: Document) -> Iterator[Finding]:
    """Yield what breaks GitHub's schema of workflows."""
    files = sorted(map(str, Path(".github/workflows").glob("*.yml")))
    arguments = ("--builtin-schema", "vendor.github-workflows", "--output-format", "json", *files)
    done = run(sys.executable, "-m", "check_jsonschema", *arguments, folder=Path.cwd())
    told = parsed(done.stdout, "check-jsonschema", done.stderr)
    for error in [*told.get("errors", []), *told.get("parse_errors", [])]:
        yield Finding(ERROR, f"{error['filename']}:1", f"{error.get('path', '')}: {flat(error.get('message', error))}")


def please_redocly(document: Document) -> Iterator[Finding]:
    """Yield what redocly's recommended-strict rules say."""
    folder = node_modules()
    program = folder / "node_modules/@redocly/cli/bin/cli.js"
    arguments = ("--config", "redocly.yaml", "--format", "json", "--max-problems", "1000")
    done = run("node", program, "lint", document.path.resolve(), *arguments, folder=folder)
    for problem in parsed(done.stdout, "redocly", done.stderr)["problems"]:
        pointer = str(problem["location"][0].get("pointer", "#")).lstrip("#")
        yield Finding(ERROR, document.where(pointer), f"{problem['ruleId']}: {flat(problem['message'])}")


def please_owasp(document: Document) -> Iterator[Finding]:
    """Yield what spectral says, by its own rules for OpenAPI and by those of OWASP."""
    folder = node_modules()
    program = folder / "node_modules/@stoplight/spectral-cli/dist/index.js"
    arguments = ("--ruleset", "owasp.yaml", "--format", "json", "--quiet", "--fail-severity", "hint")
    done = run("node", program, "lint", document.path.resolve(), *arguments, folder=folder)
    for problem in parsed(done.stdout, "spectral", done.stderr):
        line = problem["range"]["start"]["line"] + 1
        yield Finding(ERROR, f"{document.path}:{line}", f"{problem['code']}: {flat(problem['message'])}")


def parsed(output: str, tool: str, errors: str) -> Any:
    try:
        return json.loads(output)
    except json.JSONDecodeError as problem:
        raise Missing(f"{tool} did not run: {last_line(errors or output)}") from problem


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()] or ["it said nothing"]
    return lines[-1].strip()[:200]


def flat(text: str) -> str:
    return " ".join(str(text).split())
