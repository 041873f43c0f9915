"""Markdown: the results as a comment on a pull request, and as the summary of a step of a workflow."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..laws.owasp import title
from .comparison import KINDS, named
from .next_step import next_step
from .terminal import counted, printable

# A comment on GitHub holds 65,536 characters.
MOST_CAUSES = 25
LONGEST = 300

# Gives the address of the page of a law.
Addresses = Callable[[Mapping[str, Any]], str]


def beside_the_report(rule: Mapping[str, Any]) -> str:
    """Return the page of a law that is written with every report."""
    return str(rule["page"])


def markdown(results: Mapping[str, Any], addresses: Addresses = beside_the_report, *, service: str = "") -> str:
    """Return the results as Markdown; what a server said stands in code, where it is not interpreted."""
    heading = f"{code(service)}: {results['verdict']}" if service else f"Contract: {results['verdict']}"
    lines = [f"### {heading}", "", counted(results) or "Nothing was checked.", "", about(results), ""]
    lines += compared(results)
    lines += [f"- missing: {code(text)}" for text in results["missing"]]
    lines += [f"- next: {code(next_step(results))}", ""]
    links = {rule["id"]: f"[{rule['id']}]({addresses(rule)})" for rule in results["rules"]}
    grave = [cause for cause in results["causes"] if cause["verdict"] != "warned"]
    lines += first_of(grave, results, links)
    head = "verdict | severity | cause | operations | rules | observed"
    lines += table(head, rows_of(grave, results, links), len(grave))
    warned = [cause for cause in results["causes"] if cause["verdict"] == "warned"]
    lines += folded("Warnings", table(head, rows_of(warned, results, links), len(warned)))
    if results["stale"]:
        lines += ["Stale expectations:", "", *(f"- {code(text)}" for text in results["stale"]), ""]
    not_checked = [unchecked_row(group) for group in results["unchecked"]]
    lines += folded("Not checked", table("not checked | rules | reason", not_checked, len(not_checked)))
    in_part = [part_row(entry) for entry in results["parts"]]
    lines += folded("Passed in part", table("passed in part | operations | tested | not tested", in_part, len(in_part)))
    return "\n".join(lines).rstrip("\n") + "\n"


def about(results: Mapping[str, Any]) -> str:
    """Return a line on what was checked, when, how long and by which release."""
    document = results["document"]
    version = f" {document['version']}" if document["version"] else ""
    return (
        f"{code(results['target'])} against {code(document['path'] + version)}, {results['started']}, "
        f"{results['seconds']} s, bookplate {results['bookplate']}"
    )


def compared(results: Mapping[str, Any]) -> list[str]:
    """Return what has changed since another run, as a list; nothing where none was compared."""
    changes = results.get("comparison")
    if changes is None:
        return []
    lines = [f"Compared with {code(changes['path'])}:", ""]
    for kind, words in KINDS.items():
        places = [code(named(place)) for place in changes[kind][:MOST_CAUSES]]
        more = f" and {len(changes[kind]) - MOST_CAUSES} more" if len(changes[kind]) > MOST_CAUSES else ""
        lines.append(f"- {len(changes[kind])} {words}{': ' if places else ''}{', '.join(places)}{more}")
    return [*lines, ""]


def first_of(causes: list[Mapping[str, Any]], results: Mapping[str, Any], links: Mapping[str, str]) -> list[str]:
    """Return the most important cause with all that a reader needs to begin."""
    if not causes:
        return []
    finding = results["findings"][causes[0]["findings"][0]]
    rule = next((rule for rule in results["rules"] if rule["id"] == finding["rule"]), None)
    place = f" at {code(finding['operation'])}" if finding["operation"] else ""
    lines = [f"**First: {links.get(finding['rule'], finding['rule'])}{place}**", ""]
    if rule:
        lines += [f"- law: {rule['law']}", *(f"- OWASP {title(number)}" for number in rule["owasp"])]
    for name in ("expected", "observed", "reason", "line", "again"):
        if finding[name]:
            lines.append(f"- {name}: {code(finding[name][: 4 * LONGEST])}")
    return [*lines, ""]


def rows_of(causes: Iterable[Mapping[str, Any]], results: Mapping[str, Any], links: Mapping[str, str]) -> list[str]:
    return [cause_row(results, cause, links) for cause in causes]


def table(head: str, rows: list[str], count: int) -> list[str]:
    """Return the first rows of a table as lines of Markdown, and how many are left; none where it has no rows."""
    if not rows:
        return []
    left = count - MOST_CAUSES
    more = [f"{left} more stand in report.html.", ""] if left > 0 else []
    return [f"| {head} |", "|---" * (head.count("|") + 1) + "|", *rows[:MOST_CAUSES], "", *more]


def folded(name: str, lines: list[str]) -> list[str]:
    """Return lines that a reader unfolds."""
    return [f"<details><summary>{name}</summary>", "", *lines, "</details>", ""] if lines else []


def unchecked_row(group: Mapping[str, Any]) -> str:
    return f"| {group['count']} | {', '.join(group['rules'])} | {code(group['reason'])} |"


def part_row(entry: Mapping[str, Any]) -> str:
    operations = ", ".join(code(operation) if operation else "the document" for operation in entry["operations"])
    tested, not_tested = (code("; ".join(entry[name])) for name in ("tested", "not_tested"))
    return f"| {entry['rule']} | {operations} | {tested} | {not_tested} |"


def cause_row(results: Mapping[str, Any], cause: Mapping[str, Any], links: Mapping[str, str]) -> str:
    finding = results["findings"][cause["findings"][0]]
    observed = str(finding["observed"] or finding["reason"])[:LONGEST]
    operations = ", ".join(code(name) for name in cause["operations"])
    rules = ", ".join(links.get(rule, rule) for rule in cause["rules"])
    headline = code(cause["headline"][:LONGEST])
    return f"| {' | '.join((cause['verdict'], cause['severity'], headline, operations, rules, code(observed)))} |"


def code(text: str) -> str:
    flat = " ".join(printable(text).split()).replace("`", "'").replace("|", "¦")
    return f"`{flat}`" if flat else ""
