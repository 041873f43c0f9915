"""What can be said of a rule: verdicts, findings, exit codes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

MUST = "MUST"
SHOULD = "SHOULD"

VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|\S*/\S*|\d+")

# The parts of a run: the document is read, laws send requests of their own, and requests are generated.
DOCUMENT, EXPERIMENTS, GENERATED = "document", "experiments", "generated requests"

# Between what was observed of one subject of a law and what was observed of the next.
ALSO = "; also: "

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


@dataclass(frozen=True)
class Finding:
    """
    The verdict on one rule for one operation, with its evidence.

    `operation_id` is None for a rule about the document or the server as a whole. `line` is
    `file:line`, `curl` a shell script that shows the failure, `again` the command that runs just
    this again. `reason` says why something was not checked. Of a law that passed in part, `tested` says which parts were
    tested, and `not_tested` which were not and why. `guesses` has the evidence of what it rests on and nobody has declared.
    `exchanges` are the requests that show it, as `wire/evidence.py` tells them, in the order they were sent. `defect` says
    what is wrong with the service, where other laws and operations may show the very same. `phase` is the part of the run
    that showed it. `seconds` is how long the law was tried there; findings of one try share its time. `logged` is the end of
    what a server that the suite has started printed meanwhile, and `log` the file that has all of it. `smallest` says what
    was left out of a generated request that showed it, and `found_with` has the exchanges by which it was found at first;
    both are empty where nobody has looked for less.
    """

    rule_id: str
    operation_id: str | None
    verdict: Verdict
    level: str = MUST
    reason: str = ""
    tested: Sequence[str] = ()
    not_tested: Sequence[str] = ()
    guesses: Sequence[str] = ()
    exchanges: Sequence[Mapping[str, Any]] = ()
    observed: str = ""
    expected: str = ""
    curl: str = ""
    line: str = ""
    again: str = ""
    defect: str = ""
    phase: str = ""
    seconds: float = field(default=0.0, compare=False)
    logged: str = ""
    log: str = ""
    smallest: str = ""
    found_with: Sequence[Mapping[str, Any]] = ()

    @property
    def decisive(self) -> Mapping[str, Any]:
        """The last of its exchanges; empty where it has none."""
        return self.exchanges[-1] if self.exchanges else {}

    @property
    def is_in_part(self) -> bool:
        """Whether it passed, and a part of the law was not tested."""
        return self.verdict is Verdict.PASSED and bool(self.not_tested)

    @property
    def cause(self) -> str:
        """What was observed, or why nothing was, without what varies from one exchange to the next."""
        return VARYING.sub("#", self.observed or self.reason)


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """
    Return the worst findings on each rule and operation: one for each cause.

    What was observed may differ in names and numbers, but not in the status of the answer or in what an error says.
    """
    worst: dict[tuple[str, str | None], dict[tuple[object, ...], Finding]] = {}
    for finding in findings:
        causes = worst.setdefault((finding.rule_id, finding.operation_id), {})
        known = next(iter(causes.values()), finding)
        if finding.verdict > known.verdict:
            causes.clear()
        if finding.verdict >= known.verdict:
            causes.setdefault(kind_of(finding), finding)
    return [finding for causes in worst.values() for finding in causes.values()]


def kind_of(finding: Finding) -> tuple[object, ...]:
    """Return what tells the findings of one rule on one operation apart."""
    if finding.verdict is Verdict.PASSED:
        return ()
    last = finding.decisive
    return finding.cause, finding.defect, last.get("status"), last.get("said")


def exit_code(
    findings: Iterable[Finding],
    *,
    strict: bool = False,
    stale: bool = False,
    strict_parts: bool = False,
    missing: Sequence[str] = (),
) -> int:
    """
    Return 0 nothing is wrong, 1 a MUST failed or an expectation is stale, 2 the suite erred, 3 a MUST was not checked.

    `missing` is what a run has not shown that claims conformance: then the code is 3. `strict_parts` makes it 3 too where a
    MUST passed in part.
    """
    findings = list(findings)
    binding = [finding for finding in findings if strict or finding.level == MUST]
    verdicts = {finding.verdict for finding in binding}
    if any(finding.verdict is Verdict.ERROR for finding in findings):
        return SET_UP_ERROR
    if stale or Verdict.FAILED in verdicts or (strict and Verdict.WARNED in verdicts):
        return NONCONFORMANT
    is_left_out = strict_parts and any(finding.is_in_part for finding in binding)
    if Verdict.NOT_CHECKED in verdicts or not findings or is_left_out or missing:
        return UNCHECKED
    return CONFORMANT


class Reported(Exception):
    """A law was not tried here and now: these findings, made elsewhere, say what came of it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = list(findings)
        super().__init__("\n".join(finding.observed or finding.reason for finding in self.findings))


class NotExercised(Exception):
    """Nothing that was sent or received put a law to the test at this operation; it is not counted there."""


def report(findings: Iterable[Finding]) -> None:
    """Raise Reported with what all exchanges say of a law, NotExercised where none of them put it to the test."""
    findings = list(findings)
    if not findings:
        raise NotExercised("no exchange put it to the test")
    raise Reported(findings)
