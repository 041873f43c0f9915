"""A finding: a place in a file, a sentence, and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass

BREAKING = "breaking"
COMPATIBLE = "compatible"
ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """`place` is file:line; `operation` is the id of the operation that it is about, or empty."""

    level: str
    place: str
    message: str
    operation: str = ""


def by_cause(findings: Iterable[Finding]) -> list[tuple[Finding, list[str]]]:
    """Return each finding once, breaking ones first, then by place, each with the ids of its operations."""
    causes: dict[tuple[str, str, str], tuple[Finding, list[str]]] = {}
    for finding in findings:
        _, operations = causes.setdefault((finding.level, finding.place, finding.message), (finding, []))
        if finding.operation and finding.operation not in operations:
            operations.append(finding.operation)
    return sorted(causes.values(), key=lambda cause: (cause[0].level != BREAKING, in_order(cause[0].place)))


def in_order(place: str) -> tuple[str, int]:
    """Return a place as a key that sorts by file, then by line."""
    file, _, line = place.rpartition(":")
    return file, int(line) if line.isdigit() else 0
