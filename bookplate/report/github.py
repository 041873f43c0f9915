"""GitHub: annotations at the lines of the document and of the settings, and a summary of the step."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from .markdown import beside_the_report, markdown
from .repository import in_repository
from .terminal import printable

LONGEST = 2000  # characters of a line of an annotation; the reports have all of them
PAGES = Path("docs/rules")  # of the laws, in a clone
# `'PAGE-01 list_books' expired on ...`: the name of an entry of the settings, and the law in it.
ENTRY = re.compile(r"'(?P<name>[^']+)'")


def annotate(results: Mapping[str, Any], environment: Mapping[str, str], stream: TextIO) -> None:
    """Write workflow commands and the step summary, in a GitHub workflow and nowhere else."""
    if environment.get("GITHUB_ACTIONS") != "true":
        return
    for line in annotations(results, addresses(environment), environment.get("GITHUB_WORKSPACE", "")):
        stream.write(line + "\n")
    if environment.get("GITHUB_STEP_SUMMARY"):
        with Path(environment["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as file:
            file.write(markdown(results, addresses(environment)))


def annotations(
    results: Mapping[str, Any], address: Callable[[Mapping[str, Any]], str], workspace: str = ""
) -> Iterator[str]:
    """
    Yield a workflow command for each cause, and for each expectation that is stale: GitHub shows the first ones.

    `workspace` is the folder of the repository, from which GitHub reads the paths of files.
    """
    rules = {rule["id"]: rule for rule in results["rules"]}
    for cause in results["causes"]:
        finding = results["findings"][cause["findings"][0]]
        yield of_cause(cause, finding, about_law(rules.get(finding["rule"]), address), workspace)
    for text in results["stale"]:
        yield of_stale(text, rules, results["settings"], address, workspace)


def addresses(environment: Mapping[str, str]) -> Callable[[Mapping[str, Any]], str]:
    """
    Return what gives the address of a law's page: that beside the report, which everybody has.

    In a workflow of a repository that has such pages it is the page there, since a comment has nothing beside it.
    """
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA")
    server, repository, commit = (environment.get(name, "") for name in names)

    def address(rule: Mapping[str, Any]) -> str:
        page = PAGES / f"{rule['id']}.md"
        if server and repository and commit and page.is_file():
            return f"{server}/{repository}/blob/{commit}/{page.as_posix()}"
        return beside_the_report(rule)

    return address


def about_law(rule: Mapping[str, Any] | None, address: Callable[[Mapping[str, Any]], str]) -> list[str]:
    """Return what an annotation says of a law: its text, its file and its page."""
    if rule is None:
        return []
    return [f"law: {rule['law']}", f"file of the law: {rule['file']}:{rule['line']}", f"more: {address(rule)}"]


def of_cause(cause: Mapping[str, Any], finding: Mapping[str, Any], law: list[str], workspace: str) -> str:
    """Return the workflow command that shows a cause at the line of a finding."""
    file, _, line = finding["line"].rpartition(":")
    title = f"{', '.join(cause['rules'])} {', '.join(cause['operations'])}".strip()
    observed = finding["observed"] or finding["reason"]
    lines = [f"{cause['severity']}: {cause['headline']}"]
    if observed != cause["headline"]:
        lines.append(observed)
    if finding["expected"]:
        lines.append(f"expected: {finding['expected']}")
    kind = "warning" if cause["verdict"] == "warned" else "error"
    file = in_repository(file, workspace)
    return command(kind, {"file": file, "line": line if line.isdigit() else "", "title": title}, [*lines, *law])


def of_stale(
    text: str,
    rules: Mapping[str, Mapping[str, Any]],
    settings: str,
    address: Callable[[Mapping[str, Any]], str],
    workspace: str,
) -> str:
    """Return the workflow command that shows a stale expectation where the settings have it; it fails the run."""
    found = ENTRY.search(text)
    name = found["name"] if found else ""
    law = rules.get(name.partition(" ")[0])
    file = in_repository(settings, workspace)
    places = {"file": file, "line": line_of(name, settings), "title": f"stale expectation {name}".strip()}
    expected = "expected: the settings name only what fails today, until a day to come"
    return command("error", places, [text, expected, *about_law(law, address)])


def line_of(name: str, settings: str) -> str:
    """Return the number of the first line of the settings that has a name in quotation marks; empty where none has."""
    path = Path(settings)
    if not (name and settings and path.is_file()):
        return ""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((str(number) for number, line in enumerate(lines, 1) if f'"{name}"' in line), "")


def command(kind: str, places: Mapping[str, str], lines: list[str]) -> str:
    """Return a workflow command with its properties and the lines of its message."""
    properties = ",".join(f"{name}={property_text(value)}" for name, value in places.items() if value)
    text = "\n".join(line[:LONGEST] for line in lines)
    return f"::{kind} {properties}::{message_text(text)}"


def message_text(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\n", "%0A")


def property_text(text: str) -> str:
    return message_text(text).replace(":", "%3A").replace(",", "%2C")
