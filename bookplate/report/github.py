"""GitHub: annotations at the lines of the document, and a summary of the step."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from .next_step import next_step
from .terminal import counted, printable


def annotate(results: Mapping[str, Any], environment: Mapping[str, str], stream: TextIO) -> None:
    """Write workflow commands and the step summary, in a GitHub workflow and nowhere else."""
    if environment.get("GITHUB_ACTIONS") != "true":
        return
    files = {rule["id"]: rule["file"] for rule in results["rules"]}
    for cause in results["causes"]:
        if cause["verdict"] in ("failed", "error"):
            finding = results["findings"][cause["findings"][0]]
            stream.write(command(cause, finding, files.get(finding["rule"], "")) + "\n")
    if environment.get("GITHUB_STEP_SUMMARY"):
        with Path(environment["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as file:
            file.write(step_summary(results))


def command(cause: Mapping[str, Any], finding: Mapping[str, Any], law: str) -> str:
    """Return the workflow command that shows a cause at the line of a finding, with the file of its law."""
    file, _, line = finding["line"].rpartition(":")
    title = f"{', '.join(cause['rules'])} {', '.join(cause['operations'])}".strip()
    places = [("file", file), ("line", line if line.isdigit() else ""), ("title", title)]
    properties = ",".join(f"{name}={property_text(value)}" for name, value in places if value)
    observed = finding["observed"] or finding["reason"]
    lines = [f"{cause['severity']}: {cause['headline']}"]
    if observed != cause["headline"]:
        lines.append(observed)
    if law:
        lines.append(f"law: {law}")
    text = "\n".join(lines)
    return f"::error {properties}::{message_text(text)}"


def message_text(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\n", "%0A")


def property_text(text: str) -> str:
    return message_text(text).replace(":", "%3A").replace(",", "%2C")


def step_summary(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown; what a server said stands in code, where it is not interpreted."""
    lines = [f"### Contract: {results['verdict']}", "", counted(results), ""]
    lines += [f"- missing: {code(text)}" for text in results["missing"]]
    lines += [f"- next: {code(next_step(results))}", ""]
    failed = [cause_row(results, cause) for cause in results["causes"] if cause["verdict"] != "warned"]
    warned = [cause_row(results, cause) for cause in results["causes"] if cause["verdict"] == "warned"]
    for rows in (failed, warned):
        lines += table("verdict | severity | cause | operations | rules | observed", rows)
    lines += table("not checked | rules | reason", map(unchecked_row, results["unchecked"]))
    lines += table("passed in part | operations | tested | not tested", map(part_row, results["parts"]))
    return "\n".join(lines) + "\n"


def table(head: str, rows: Iterable[str]) -> list[str]:
    """Return a table as lines of Markdown; none where it has no rows."""
    rows = list(rows)
    return [f"| {head} |", "|---" * (head.count("|") + 1) + "|", *rows, ""] if rows else []


def unchecked_row(group: Mapping[str, Any]) -> str:
    return f"| {group['count']} | {', '.join(group['rules'])} | {code(group['reason'])} |"


def part_row(entry: Mapping[str, Any]) -> str:
    operations = ", ".join(operation or "the document" for operation in entry["operations"])
    tested, not_tested = (code("; ".join(entry[name])) for name in ("tested", "not_tested"))
    return f"| {entry['rule']} | {operations} | {tested} | {not_tested} |"


def cause_row(results: Mapping[str, Any], cause: Mapping[str, Any]) -> str:
    finding = results["findings"][cause["findings"][0]]
    observed = str(finding["observed"] or finding["reason"])[:300]
    operations, rules = ", ".join(cause["operations"]), ", ".join(cause["rules"])
    cells = (cause["verdict"], cause["severity"], code(cause["headline"][:300]), operations, rules, code(observed))
    return f"| {' | '.join(cells)} |"


def code(text: str) -> str:
    flat = " ".join(printable(text).split()).replace("`", "'").replace("|", "¦")
    return f"`{flat}`" if flat else ""
