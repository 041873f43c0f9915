"""What a run has found: of each law that was tried, of generated requests, and of what was never seen."""

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..contract.operation import Operation
from ..fixtures.session import Session
from ..laws.conformance import missing_evidence
from ..laws.generated import Answer, Coverage
from ..laws.known_failures import unobserved
from ..laws.law import CoverageLaw, DelegatedLaw, DocumentLaw, Experiment, Invariant, Law
from ..laws.notes import Notes
from ..laws.verdict import DOCUMENT, EXPERIMENTS, GENERATED, MUST, Finding, NotExercised, Reported, Verdict
from ..target.config import SetUpError
from ..wire.evidence import evidence_of
from ..wire.exchange import Exchange
from ..wire.outcomes import NotChecked, Violation
from .kinds import FROM_FUZZING

if TYPE_CHECKING:
    from .run import Run


class Judging:
    """Makes findings of the outcomes of laws, of what generated requests showed, and of what observers saw."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._unexercised: dict[str, str] = {}  # laws that were put to no test somewhere, with the reason

    def judged(self, law: Law, operation: Operation | None) -> list[Finding]:
        """Return what generated requests and observers say of a law; nothing at all where it was put to no test."""
        generated = self._run.generation.result
        name = operation.id if operation else None
        findings = [
            replace(finding, again=self._again(law, operation))
            for finding in generated.findings
            if (finding.rule_id, finding.operation_id) == (law.id, name)
        ]
        looked = generated.judged[law.id, name or ""]
        for session in self._run.sessions:
            looked += session.observer.looked[law.id, name]
            violation = session.observer.violations.get((law.id, name))
            if violation is not None:
                findings.append(self.violated(law, operation, violation, violation.guesses))
        problem = generated.problems.get(name or "") if law.checks else None
        if findings:
            return findings
        doubted = generated.doubted.get((law.id, name or ""))
        if looked:
            not_tested = tuple(each for each in (problem, doubted) if each)
            return [replace(self.finding(law, operation, Verdict.PASSED), not_tested=not_tested)]
        reason = generated.unfinished or problem or doubted
        if reason and operation is not None:
            return [self.finding(law, operation, Verdict.NOT_CHECKED, reason)]
        return []

    def findings(
        self, law: Law, operation: Operation | None, problem: BaseException | None, notes: Notes | None = None
    ) -> list[Finding]:
        """Return the findings of a law that was tried: it passed where `problem` is None. `notes` are what it said."""
        notes = notes or Notes()
        match problem:
            case None:
                return [
                    replace(
                        self.finding(law, operation, Verdict.PASSED),
                        tested=tuple(notes.tested),
                        not_tested=tuple(notes.not_tested),
                        guesses=tuple(notes.guesses),
                    )
                ]
            case Reported():
                return problem.findings
            case NotExercised():
                self._unexercised[law.id] = str(problem)
                return []
            case Violation():
                return [self.violated(law, operation, problem, notes.guesses)]
            case NotChecked():
                return [self.finding(law, operation, Verdict.NOT_CHECKED, self._run.sessions.redacted(str(problem)))]
            case SetUpError():
                raise problem
        # Any other exception is a fault of the suite, and is reported as one.
        return [self.finding(law, operation, Verdict.ERROR, f"{type(problem).__name__}: {problem}")]

    def afterthoughts(self, law: Law, found: Iterable[Finding]) -> list[Finding]:
        """Return what the checks of schemathesis found of a law, or that nothing put it to the test."""
        if isinstance(law, Experiment):
            seen = [finding for finding in self._run.generation.known.findings if finding.rule_id == law.id]
        elif isinstance(law, Invariant | DelegatedLaw):
            seen = self.judged(law, None)
        else:
            return []
        if seen or not self._run.operations(law) or any(finding.rule_id == law.id for finding in found):
            return seen
        reason = self._run.admission.closed or self._unexercised.get(law.id, "no exchange put it to the test")
        return [self.finding(law, None, Verdict.NOT_CHECKED, reason)]

    def violated(
        self, law: Law, operation: Operation | None, violation: Violation, guesses: Sequence[str] = ()
    ) -> Finding:
        """Return the finding of a violation. One that rests on `guesses`, which nobody has declared, is a warning."""
        session = self._run.sessions.session_of(violation)
        redacted = session.script.redacted if session else str
        level = self._run.catalogue.level(law, guesses)
        return replace(
            self.finding(law, operation, Verdict.FAILED if level == MUST else Verdict.WARNED),
            level=level,
            guesses=tuple(guesses),
            observed=self._run.catalogue.noted(law, redacted(violation.observed)),
            expected=redacted(violation.expected),
            curl=session.script.show(violation.exchanges) if session else "",
            exchanges=evidence_of(violation.exchanges, redacted),
            defect=redacted(violation.defect),
            logged=redacted(violation.exchanges[-1].logged) if violation.exchanges else "",
            log=log_of(violation.exchanges[-1], session) if violation.exchanges else "",
        )

    def finding(self, law: Law, operation: Operation | None, verdict: Verdict, reason: str = "") -> Finding:
        return Finding(
            law.id,
            operation.id if operation else None,
            verdict,
            level=self._run.catalogue.level(law),
            reason=reason,
            line=self._run.document.where(operation.pointer) if operation else self._run.document.location,
            again=self._again(law, operation),
            phase=self._phase(law),
        )

    def _again(self, law: Law, operation: Operation | None) -> str:
        """Return the command that checks just this again."""
        return self._run.options.again(law, operation, is_generated=isinstance(law, FROM_FUZZING))

    def _phase(self, law: Law) -> str:
        """Return the part of the run in which a law is tried."""
        if isinstance(law, DocumentLaw):
            return DOCUMENT
        is_generated = self._run.is_generator or isinstance(law, DelegatedLaw | CoverageLaw)
        return GENERATED if is_generated else EXPERIMENTS

    def cut_short(self) -> list[Finding]:
        """
        Return what the requests sent so far have shown of invariants, where the run ends before they are judged.

        No request is generated after it.
        """
        self._run.is_whole = False
        self._run.generation.settle(self._run.generation.known)
        laws = [law for law in self._run.laws() if isinstance(law, Invariant)]
        pairs = [(law, operation) for law in laws for operation in [*self._run.operations(law), None]]
        return [finding for law, operation in pairs for finding in self.judged(law, operation)]

    def coverage(self, operation: Operation) -> Coverage:
        """Return what was seen of an operation; raises NotChecked where the generator ended too early for it."""
        missing = self.unobserved[0] if self.unobserved else None
        generated = self._run.generation.result
        fewest = 50 if self._run.options.examples > 8 else 1
        reason = generated.unfinished or generated.problems.get(operation.id)
        if reason and generated.cases[operation.id] < fewest:
            raise NotChecked(reason)
        own = generated.own + self._seen_by_sessions
        return Coverage.of(operation, generated, own, fewest, missing, is_ours=not self._run.target.is_url)

    @cached_property
    def unobserved(self) -> tuple[dict[str, list[str]], list[str]] | None:
        """What was documented and never seen, with stale excuses; None where the run was not a full one."""
        if not self._run.is_full:
            return None
        observed = self._run.generation.result.observed + self._seen_by_sessions
        return unobserved(self._run.document, observed, self._run.config.unobserved, datetime.date.today())

    @property
    def _seen_by_sessions(self) -> Counter[Answer]:
        """The answers to the requests that laws have sent."""
        return sum((session.observer.observed for session in self._run.sessions), Counter[Answer]())

    def missing_evidence(self, findings: Iterable[Finding]) -> list[str]:
        """Return what keeps a service from being called conformant; none where the run does not claim it."""
        if not self._run.is_full:
            return []
        core = [law for law in self._run.laws() if law.core and self._run.operations(law)]
        observed = self._run.generation.known.observed + self._seen_by_sessions
        succeeded = {name for name, status, _ in observed if 200 <= status < 300}
        operations = [each.id for each in self._run.document.operations]
        return [*self._run.sessions.gone, *missing_evidence(core, findings, operations, succeeded)]


def log_of(exchange: Exchange, session: Session | None) -> str:
    """Return the file of the server's output, where its answer was a server error and the suite keeps the file."""
    log = session.client.log_of(exchange.url) if session else None
    return str(log.path) if log and exchange.logged else ""
