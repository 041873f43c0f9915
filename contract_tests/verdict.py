"""What can be said of a rule: verdicts, findings, exit codes."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

MUST = "MUST"
SHOULD = "SHOULD"

CONFORMANT, NONCONFORMANT, SET_UP_ERROR, UNCHECKED = 0, 1, 2, 3


class Verdict(IntEnum):
    """Verdicts from best to worst."""

    PASSED = 0
    WARNED = 1
    NOT_CHECKED = 2
    FAILED = 3
    ERROR = 4

    @property
    def word(self) -> str:
        return self.name.lower().replace("_", " ")

    def merged(self, other: "Verdict") -> "Verdict":
        """Return the worse of the two: merging never mends."""
        return max(self, other)


@dataclass(frozen=True)
class Finding:
    """
    The verdict on one rule for one operation, with its evidence.

    `operation_id` is None for a rule about the document or the server as a whole. `line` is
    `file:line`, `curl` a shell script that shows the failure, `again` the command that runs just
    this again. `reason` says why something was not checked, or what of it was not.
    """

    rule_id: str
    operation_id: str | None
    verdict: Verdict
    level: str = MUST
    reason: str = ""
    observed: str = ""
    expected: str = ""
    curl: str = ""
    line: str = ""
    again: str = ""


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding for each rule and operation: the worst, and of equals the first."""
    worst: dict[tuple[str, str | None], Finding] = {}
    for finding in findings:
        key = (finding.rule_id, finding.operation_id)
        if key not in worst or finding.verdict > worst[key].verdict:
            worst[key] = finding
    return list(worst.values())


def exit_code(findings: Iterable[Finding], *, strict: bool = False, stale: bool = False) -> int:
    """Return 0 conformant, 1 a MUST failed or an expectation is stale, 2 the suite erred, 3 a MUST was not checked."""
    findings = list(findings)
    binding = [finding for finding in findings if strict or finding.level == MUST]
    verdicts = {finding.verdict for finding in binding}
    if any(finding.verdict is Verdict.ERROR for finding in findings):
        return SET_UP_ERROR
    if stale or Verdict.FAILED in verdicts or (strict and Verdict.WARNED in verdicts):
        return NONCONFORMANT
    if Verdict.NOT_CHECKED in verdicts or not findings:
        return UNCHECKED
    return CONFORMANT
