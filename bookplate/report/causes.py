"""Causes: findings that show one defect of the service are one entry, whatever law, operation or phase saw it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..contract.operation import Operation
from ..laws.law import Experiment, Invariant, Law
from ..laws.severity import Severity
from ..laws.verdict import ALSO, GENERATED, Finding, Verdict
from ..wire.outcomes import GETS_NO_ANSWER
from ..wire.shape import says_something, steady, telling
from .exchange_text import target_of

FIRST_SERVER_ERROR, NOT_IMPLEMENTED = 500, 501
EXPECTED = "expected: "  # how the reason of a failure begins that the settings expect
# Groups whose experiments show what one resource does; those of others are about what all operations share.
OF_ONE_RESOURCE = ("AUTHZ", "CURSOR", "PAGE", "STATE")
# What a law has sent, where it says so before the request: `broken JSON: POST /books answered 500`.
SENT = re.compile(r"(?P<what>[^\n]+?): (?:[A-Z]+ \S+ )?answered \d")
# Laws quote names of members between single marks, and values between double ones.
VALUE = re.compile(r"\"[^\"]*\"")


@dataclass(frozen=True)
class Mark:
    """
    What makes findings one cause.

    `joined_by` has the evidence that they share, by name; findings with the same evidence have the same `headline` but for
    values. `severity` is None where it is that of the laws.
    """

    joined_by: tuple[tuple[str, str], ...]
    headline: str = field(compare=False)
    severity: Severity | None = field(default=None, compare=False)


@dataclass
class Cause:
    """One defect of the service; `findings` are indices of those that show it, the one that is simplest to see first."""

    mark: Mark
    verdict: Verdict
    severity: Severity
    findings: list[int]
    rules: list[str]
    operations: list[str]
    phases: list[str]

    def as_data(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.word,
            "severity": self.severity.word,
            "headline": self.mark.headline,
            "joined_by": dict(self.mark.joined_by),
            "rules": self.rules,
            "operations": self.operations,
            "phases": self.phases,
            "findings": self.findings,
        }


def causes_of(findings: Sequence[Finding], laws: Mapping[str, Law], operations: Mapping[str, Operation]) -> list[Cause]:
    """
    Return the causes of all that failed, warned or went wrong, the most important first.

    Errors of the suite come before failures, and failures before warnings; then counts what a defect costs, then at how
    many operations it shows. What was not checked has reasons, not causes.
    """
    grouped: dict[tuple[Mark, bool], list[int]] = {}
    bases = Bases(findings, laws)
    for index, finding in enumerate(findings):
        if finding.verdict not in (Verdict.PASSED, Verdict.NOT_CHECKED):
            base = findings[bases.of(index)]
            mark = mark_of(base, laws.get(base.rule_id), operations)
            # What the settings expect stays apart: there nothing is to be mended today.
            grouped.setdefault((mark, finding.reason.startswith(EXPECTED)), []).append(index)
    causes = [cause_of(indices, findings, laws, operations, bases) for indices in grouped.values()]
    return sorted(causes, key=importance)


class Bases:
    """Which failure explains another one: that of a law that the other law takes for kept, at the same operation."""

    def __init__(self, findings: Sequence[Finding], laws: Mapping[str, Law]) -> None:
        self.findings = findings
        self.laws = laws
        failed = [index for index, each in enumerate(findings) if each.verdict is Verdict.FAILED]
        self.failed = {(findings[index].rule_id, findings[index].operation_id): index for index in reversed(failed)}

    def of(self, index: int) -> int:
        """Return the index of the failure that explains a finding; its own where none does, as a crash explains itself."""
        finding = self.findings[index]
        law = self.laws.get(finding.rule_id)
        if law is None or finding.defect or decisive_status(finding) >= FIRST_SERVER_ERROR:
            return index
        known = (self.failed.get((rule, finding.operation_id)) for rule in law.explained_by)
        base = next((each for each in known if each is not None), None)
        return index if base is None else self.of(base)


def importance(cause: Cause) -> tuple[Any, ...]:
    """Return the key by which causes are ordered."""
    return -cause.verdict, cause.severity, -len(cause.operations), -len(cause.findings), cause.rules, cause.findings


def cause_of(
    indices: Sequence[int],
    findings: Sequence[Finding],
    laws: Mapping[str, Law],
    operations: Mapping[str, Operation],
    bases: Bases,
) -> Cause:
    """Return the cause of findings that have one mark, or that one of them explains."""
    ordered = sorted(
        indices,
        key=lambda index: (-findings[index].verdict, bases.of(index) != index, simplicity(findings[index]), index),
    )
    members = [findings[index] for index in ordered]
    mark = mark_of(members[0], laws.get(members[0].rule_id), operations)
    severities = [laws[each.rule_id].severity for each in members if each.rule_id in laws]
    return Cause(
        mark,
        verdict=members[0].verdict,
        severity=mark.severity if mark.severity is not None else min(severities, default=Severity.CONTRACT),
        findings=ordered,
        rules=list(dict.fromkeys(each.rule_id for each in members)),
        operations=list(dict.fromkeys(each.operation_id for each in members if each.operation_id is not None)),
        phases=sorted({each.phase for each in members if each.phase}),
    )


def simplicity(finding: Finding) -> tuple[Any, ...]:
    """Return the key by which the finding comes first that is worst, and of those the one that is simplest to see again."""
    return -finding.verdict, not finding.curl, len(finding.exchanges), len(finding.curl)


def mark_of(finding: Finding, law: Law | None, operations: Mapping[str, Operation]) -> Mark:
    """Return what makes a finding one cause with others, as far as the answers show."""
    if finding.verdict is Verdict.ERROR:
        return Mark((("error", finding.rule_id), ("reason", finding.cause)), first_line(finding))
    status = decisive_status(finding)
    if status >= FIRST_SERVER_ERROR:
        return server_error(finding, status, law, operations)
    if finding.defect:
        severity = Severity.CRASH if finding.defect.endswith(GETS_NO_ANSWER) else None
        return Mark((("defect", finding.defect),), finding.defect, severity)
    return broken_law(finding, law, operations)


def decisive_status(finding: Finding) -> int:
    """Return the status of the last answer where it is what was observed; 0 where the law objects to something else."""
    status = int(finding.decisive.get("status", 0))
    return status if re.search(rf"\b{status}\b", finding.observed) else 0


def server_error(finding: Finding, status: int, law: Law | None, operations: Mapping[str, Operation]) -> Mark:
    """
    Return the mark of an answer with 5xx: its request and what it says.

    An answer that says what went wrong shows one defect wherever it comes from below one path. Any other tells as much of
    this path as of the next, unless the law has sent what no operation is meant to take, such as broken framing.
    """
    last = finding.decisive
    operation = operations.get(last.get("operation") or "")
    path = operation.path if operation else re.sub(r"\d+", "#", target_of(last).partition("?")[0])
    said = str(last.get("said", ""))
    place = operation.family if operation and says_something(said) else path
    joined_by = (("status", str(status)), ("method", str(last["method"])), ("path", place), ("said", said))
    severity = None if status == NOT_IMPLEMENTED else Severity.CRASH
    cause = telling(said)
    sent = SENT.match(finding.observed) if finding.phase != GENERATED else None
    if sent and isinstance(law, Experiment) and law.group not in OF_ONE_RESOURCE:
        joined_by = (("law", law.id), ("sent", steady(sent["what"])), ("status", str(status)), ("said", said))
        return Mark(joined_by, first_line(finding), severity)
    return Mark(joined_by, f"{last['method']} {path} answers {status}{f' ({cause})' if cause else ''}", severity)


def broken_law(finding: Finding, law: Law | None, operations: Mapping[str, Operation]) -> Mark:
    """Return the mark of anything else: the law, what it saw but for values, and for an experiment where."""
    observed = first_subject(finding.observed or finding.reason)
    joined_by = [("law", finding.rule_id), ("observed", steady(VALUE.sub("#", observed)))]
    # An invariant may speak of what answers of any status have in common.
    if decisive_status(finding) or not isinstance(law, Invariant):
        joined_by.append(("status", str(finding.decisive.get("status", ""))))
        joined_by.append(("said", str(finding.decisive.get("said", ""))))
    operation = operations.get(finding.operation_id or "")
    if isinstance(law, Experiment) and law.group in OF_ONE_RESOURCE and operation is not None:
        joined_by.append(("path", operation.family))
    return Mark(tuple((name, value) for name, value in joined_by if value), first_line(finding))


def first_subject(observed: str) -> str:
    """Return what was observed of the first of several subjects."""
    return observed.partition(ALSO)[0]


def first_line(finding: Finding) -> str:
    text = first_subject(finding.observed or finding.reason).strip()
    return text.splitlines()[0] if text else ""
