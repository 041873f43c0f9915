"""One run: the stages it plays on, the campaign, and how a rule comes to its finding for an operation."""

import contextlib
import datetime
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .contract.document import Document
from .contract.operation import Operation
from .fixtures.session import Scene, Session
from .laws.catalogue import Catalogue
from .laws.known_failures import unobserved
from .laws.law import Experiment, Invariant, Law, Needs
from .laws.observer import Observer
from .laws.verdict import MUST, Finding, Verdict
from .options import Options
from .target.config import Config, SetUpError
from .target.target import Target
from .wire.outcomes import NotChecked, Violation

if TYPE_CHECKING:  # schemathesis takes longer to import than a server to start
    from .fuzzing import FuzzingResult
    from .fuzzing.apart import Apart

Progress = Callable[[str, int], None]
FROM_FUZZING = ("invariant", "delegated", "coverage")


@dataclass
class Run:
    """
    Plays rules against a target; stages are set up, and the campaign is run, when a rule first needs them.

    `enough` is the rule whose first failure is all that is asked of the campaign.
    """

    options: Options
    document: Document
    config: Config
    target: Target
    catalogue: Catalogue
    progress: Progress = lambda what, count: None
    sessions: list[Session] = field(default_factory=list)
    enough: str = ""
    apart: "Apart | None" = None

    def rules(self) -> list[Law]:
        """Return the rules asked for, those that need the campaign last."""
        asked = [
            rule
            for rule in self.catalogue
            if (not self.options.rules or rule.id in self.options.rules) and self.options.group in (None, rule.group)
        ]
        return sorted(asked, key=lambda rule: ("document", "experiment", *FROM_FUZZING).index(rule.kind))

    @cached_property
    def invariants(self) -> list[Invariant]:
        return [law for law in self.catalogue if isinstance(law, Invariant)]

    def operations(self, rule: Law) -> list[Operation]:
        """Return the operations asked for that a rule applies to."""
        found = [o for o in self.document.operations if rule.applies(o) and (not self.wanted or o.id in self.wanted)]
        sampled = self.options.fast and not self.options.operations and rule.kind == "experiment"
        return found[:1] if sampled else found

    @cached_property
    def wanted(self) -> Collection[str]:
        """The operations asked for; with --fast a few at which every rule is put to the test; empty means all."""
        if self.options.operations or not self.options.fast:
            return self.options.operations
        chosen, left = set[str](), [rule for rule in self.rules() if any(map(rule.applies, self.document.operations))]
        while left:
            best = max(self.document.operations, key=lambda operation: sum(rule.applies(operation) for rule in left))
            chosen.add(best.id)
            left = [rule for rule in left if not rule.applies(best)]
        return chosen

    @cached_property
    def experiments(self) -> Session:
        return self.session("experiments")

    @cached_property
    def documented(self) -> Session:
        return self.session("documented")

    def launch(self) -> None:
        """Start the instances that the rules asked for need, all at once: each takes a while to be ready."""
        for rule in self.rules():
            if rule.kind != "document" and self.operations(rule):
                from_fuzzing = "fuzzing" if rule.kind in FROM_FUZZING else "experiments"
                self.target.launch("documented" if needs_documented_limits(rule) else from_fuzzing)

    def session(self, name: str) -> Session:
        """Return the stage on an instance; targets may have one for several purposes."""
        self.progress("starting the target", 0)
        instance = self.target.ready(name)
        if known := next((session for session in self.sessions if session.instance is instance), None):
            return known
        observer, patience = Observer(self.document, self.invariants), self.options.patience
        self.sessions.append(session := Session(instance, self.document, self.config, observer, patience=patience))
        session.preflight()
        return session

    def set_fuzzing_apart(self) -> None:
        """Let the campaign go on beside the experiments, where one is needed and has an instance to itself."""
        from .fuzzing.apart import Apart, is_possible

        needed = any(rule.kind in FROM_FUZZING and self.operations(rule) for rule in self.rules())
        if needed and is_possible() and not self.target.is_single:
            self.target.ready("fuzzing")
            self.apart = Apart(self.fuzzing_with_its_session)

    @cached_property
    def fuzzing(self) -> "FuzzingResult":
        """What the campaign found: run once, when the first rule asks for it, if it was not set apart."""
        return self.apart.result(self.progress) if self.apart else self.run_fuzzing(self.progress)

    def run_fuzzing(self, progress: Progress) -> "FuzzingResult":
        from .fuzzing import run_fuzzing

        session = self.session("fuzzing")
        work = session.instance.work if session.instance.process else Path("build/contract/work")
        work.mkdir(parents=True, exist_ok=True)
        return run_fuzzing(
            self.document,
            session.instance.url,
            session.users,
            seed=self.options.seed,
            examples=self.examples,
            work_dir=work,
            catalogue=self.catalogue,
            progress=progress,
            operations=self.wanted or None,
            enough=self.enough,
            brief=self.options.fast,
        )

    def fuzzing_with_its_session(self, progress: Progress) -> "FuzzingResult":
        """Run the campaign, and tell with it what was seen while its stage was set up."""
        result = self.run_fuzzing(progress)
        observer = self.session("fuzzing").observer
        result.observed += observer.observed
        result.judged += Counter({(rule_id, name or ""): n for (rule_id, name), n in observer.looked.items()})
        for (rule_id, name), violation in observer.violations.items():
            operation = self.document.operation(name) if name else None
            result.findings.append(self.violated(self.catalogue[rule_id], operation, violation))
        return result

    @cached_property
    def unobserved(self) -> tuple[dict[str, list[str]], list[str]] | None:
        """What was documented and never seen, with stale excuses; None where the run was no full one."""
        if not self.options.full:
            return None
        observed = sum((session.observer.observed for session in self.sessions), self.fuzzing.observed)
        return unobserved(self.document, observed, self.config.unobserved, datetime.date.today())

    @property
    def known_fuzzing(self) -> "FuzzingResult":
        """The campaign's result, empty where no rule asked for a campaign."""
        from .fuzzing import FuzzingResult

        return self.fuzzing if "fuzzing" in vars(self) else FuzzingResult()

    @property
    def examples(self) -> int:
        return 8 if self.options.fast or self.options.rules else 25

    @property
    def fewest_cases(self) -> int:
        return 50 if self.examples > 8 else 1

    def check(self, rule: Law, operation: Operation | None) -> list[Finding]:
        """Check a rule for an operation; an error of the suite's own is a finding too."""
        try:
            if rule.kind in ("invariant", "delegated"):
                return self.looked_up(rule, operation)
            return [self.finding(rule, operation, Verdict.PASSED, self.played(rule, operation))]
        except Violation as violation:
            return [self.violated(rule, operation, violation)]
        except NotChecked as reason:
            return [self.finding(rule, operation, Verdict.NOT_CHECKED, str(reason))]
        except SetUpError:
            raise
        except Exception as error:  # whatever goes wrong in the suite must look like it, and end as ERROR
            return [self.finding(rule, operation, Verdict.ERROR, f"{type(error).__name__}: {error}")]

    def played(self, rule: Law, operation: Operation | None) -> str:
        if rule.kind == "document":
            rule.function(self.document)
            return ""
        assert operation is not None
        if rule.kind == "coverage":
            return str(rule.function(operation, self.fuzzing, self.fewest_cases, self.unobserved) or "")
        session = self.documented if needs_documented_limits(rule) else self.experiments
        return Scene(operation, session, lambda: self.documented).play(rule)

    def looked_up(self, rule: Law, operation: Operation | None) -> list[Finding]:
        """Return what campaign and ledgers say of a rule; nothing at all where it was put to no test."""
        name = operation.id if operation else None
        findings = [
            replace(finding, again=self.options.again(rule, operation))
            for finding in self.fuzzing.findings
            if (finding.rule_id, finding.operation_id) == (rule.id, name)
        ]
        looked = self.fuzzing.judged[rule.id, name or ""]
        for session in self.sessions:
            looked += session.observer.looked[rule.id, name]
            violation = session.observer.violations.get((rule.id, name))
            findings += [self.violated(rule, operation, violation)] if violation else []
        return findings or ([self.finding(rule, operation, Verdict.PASSED)] if looked else [])

    def afterthoughts(self, rule: Law, found: list[Finding]) -> list[Finding]:
        """Return what was found beside the operations asked for, or that nothing put a rule to the test."""
        if rule.kind == "experiment":
            return [f for f in self.known_fuzzing.findings if f.rule_id == rule.id]
        if rule.kind not in ("invariant", "delegated"):
            return []
        told = self.looked_up(rule, None)
        if told or not self.operations(rule) or any(finding.rule_id == rule.id for finding in found):
            return told
        return [self.finding(rule, None, Verdict.NOT_CHECKED, "no exchange put it to the test")]

    def violated(self, rule: Law, operation: Operation | None, violation: Violation) -> Finding:
        last = violation.exchanges[-1].url if violation.exchanges else ""
        sessions = [each for each in self.sessions if last.startswith(each.instance.url)] or self.sessions
        session = sessions[-1] if sessions else None
        redacted = session.script.redacted if session else str
        return replace(
            self.finding(rule, operation, Verdict.FAILED if rule.level == MUST else Verdict.WARNED),
            observed=redacted(violation.observed),
            expected=redacted(violation.expected),
            curl=session.script.show(violation.exchanges) if session else "",
        )

    def finding(self, rule: Law, operation: Operation | None, verdict: Verdict, reason: str = "") -> Finding:
        return Finding(
            rule.id,
            operation.id if operation else None,
            verdict,
            level=rule.level,
            reason=reason,
            line=self.document.where(operation.pointer) if operation else str(self.document.path),
            again=self.options.again(rule, operation),
        )

    def stop(self) -> None:
        if self.apart:
            self.apart.stop()
        for session in self.sessions:
            session.client.close()
        with contextlib.suppress(KeyboardInterrupt):
            self.target.stop()


def needs_documented_limits(law: Law) -> bool:
    """Whether a law is tried where the rate limits are those of the document."""
    return isinstance(law, Experiment) and Needs.DOCUMENTED_LIMITS in law.needs
