"""What a person has judged of the failed MUSTs of a service, and how a new report differs from it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "foreign-services.md"
ROW = re.compile(r"\|\s*([A-Z]+-\d\d)\s*\|([^|]*)\|")
WHOLE = "the document"
TIME = "time: "  # how a reason begins where the time of a run has ended
Pair = tuple[str, str]  # a law and an operation


@dataclass(frozen=True)
class Difference:
    """
    What a report has that nobody has judged, and what was judged and is not there any more.

    `unchecked` was judged, and could not be checked this time.
    """

    new: tuple[Pair, ...]
    gone: tuple[Pair, ...]
    unchecked: tuple[Pair, ...]

    def lines(self) -> Iterator[str]:
        """Yield a line for each difference."""
        yield from (f"new: {law} at {operation}: judge it in docs/foreign-services.md" for law, operation in self.new)
        yield from (f"gone: {law} at {operation}: take it out of the page" for law, operation in self.gone)
        yield from (f"not checked this time: {law} at {operation}" for law, operation in self.unchecked)


def judged(name: str, page: Path = PAGE) -> set[Pair]:
    """Return the laws and operations in the table of a service."""
    _, found, part = page.read_text(encoding="utf-8").partition(f"\n## {name}\n")
    if not found:
        raise LookupError(f"{page.name} has no part '## {name}'")
    rows = [ROW.match(line) for line in part.partition("\n## ")[0].splitlines()]
    return {(row[1], operation.strip(" `")) for row in rows if row for operation in row[2].split(",")}


def verdicts(report: Path) -> dict[Pair, str]:
    """
    Return the verdict of each law at each operation; failed where it failed once, which a MUST alone can.

    Where the time ended before all laws had been tried at an operation, what passed there was perhaps not tried whole, and
    what the report does not have of it was perhaps not tried at all: neither is checked.
    """
    findings = json.loads(report.read_text(encoding="utf-8"))["findings"]
    cut_short = {finding["operation"] for finding in findings if (finding.get("reason") or "").startswith(TIME)}
    found: dict[Pair, str] = {}
    for finding in findings:
        pair = (finding["rule"], finding["operation"] or WHOLE)
        is_partial = finding["verdict"] == "passed" and finding["operation"] in cut_short
        if found.get(pair) != "failed":
            found[pair] = "not checked" if is_partial else finding["verdict"]
    for rule in {rule for rule, _ in found}:
        for operation in cut_short:
            found.setdefault((rule, operation or WHOLE), "not checked")
    return found


def compared(verdicts: dict[Pair, str], judged: set[Pair]) -> Difference:
    """Return how the verdicts of a report differ from what was judged."""
    failed = {pair for pair, verdict in verdicts.items() if verdict == "failed"}
    unchecked = {pair for pair in judged - failed if verdicts.get(pair) == "not checked"}
    return Difference(
        tuple(sorted(failed - judged)), tuple(sorted(judged - failed - unchecked)), tuple(sorted(unchecked))
    )


def differing(first: dict[Pair, str], second: dict[Pair, str]) -> set[Pair]:
    """Return what two runs both tried, and one found failed and the other not."""
    tried = {pair for pair in first.keys() & second.keys() if "not checked" not in (first[pair], second[pair])}
    return {pair for pair in tried if first[pair] != second[pair]}
