"""What a person has judged of the failed MUSTs of a service, and how a new report differs from it."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "foreign-services.md"
ROW = re.compile(r"\|\s*(?P<law>[A-Z]+-\d\d)(?P<sometimes>, sometimes)?\s*\|(?P<operations>[^|]*)\|")
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


@dataclass(frozen=True)
class Judged:
    """
    The laws and operations in the table of a service.

    `sometimes` are those that not every run finds: the service has a race, or the value that it takes is seldom generated.
    Such a pair is neither new where it fails nor gone where it passes.
    """

    always: frozenset[Pair]
    sometimes: frozenset[Pair] = frozenset()


def judged(name: str, page: Path = PAGE) -> Judged:
    """Return what is judged of a service; a pair of two rows is found sometimes where both of them say so."""
    _, found, part = page.read_text(encoding="utf-8").partition(f"\n## {name}\n")
    if not found:
        raise LookupError(f"{page.name} has no part '## {name}'")
    rows = [row for row in map(ROW.match, part.partition("\n## ")[0].splitlines()) if row]
    always = {pair for row in rows if not row["sometimes"] for pair in pairs(row)}
    sometimes = {pair for row in rows if row["sometimes"] for pair in pairs(row)}
    return Judged(frozenset(always), frozenset(sometimes - always))


def pairs(row: re.Match[str]) -> Iterator[Pair]:
    """Yield the law of a row with each of its operations."""
    for operation in row["operations"].split(","):
        yield row["law"], operation.strip(" `")


def verdicts(report: Path) -> dict[Pair, str]:
    """
    Return the verdict of each law at each operation; failed where it failed once, which a MUST alone can.

    Where the time ended before all laws had been tried at an operation, or all requests were generated for it, what passed
    there was perhaps not tried whole, and what the report does not have of it was perhaps not tried at all: neither is
    checked.
    """
    findings = json.loads(report.read_text(encoding="utf-8"))["findings"]
    cut_short = {finding["operation"] for finding in findings if any(map(is_about_time, reasons_of(finding)))}
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


def reasons_of(finding: Mapping[str, Any]) -> Iterable[str]:
    """Return why something of a finding could not be tried."""
    return (finding.get("reason") or "", *finding.get("not_tested", ()))


def is_about_time(reason: str) -> bool:
    """Whether a reason is that the time of a run has ended."""
    return reason.startswith(TIME)


def compared(verdicts: dict[Pair, str], judged: Judged) -> Difference:
    """Return how the verdicts of a report differ from what was judged."""
    failed = {pair for pair, verdict in verdicts.items() if verdict == "failed"}
    missing = judged.always - failed
    unchecked = {pair for pair in missing if verdicts.get(pair) == "not checked"}
    new = failed - judged.always - judged.sometimes
    return Difference(tuple(sorted(new)), tuple(sorted(missing - unchecked)), tuple(sorted(unchecked)))


def differing(first: dict[Pair, str], second: dict[Pair, str], judged: Judged) -> set[Pair]:
    """Return what two runs both tried, and one found failed and the other not, without what is found sometimes."""
    tried = {pair for pair in first.keys() & second.keys() if "not checked" not in (first[pair], second[pair])}
    return {pair for pair in tried - judged.sometimes if first[pair] != second[pair]}
