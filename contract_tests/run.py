"""One run: the stages it plays on, the campaign, and how a rule comes to its finding for an operation."""

import contextlib
import datetime
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .config import Config, SetUpError
from .document import Document
from .expectations import unobserved
from .ledger import Ledger
from .operation import Operation
from .rule import NotChecked, Rule, Violation, rules_of
from .scene import Scene, Stage
from .target import Target
from .verdict import MUST, Finding, Verdict

if TYPE_CHECKING:  # schemathesis takes longer to import than a server to start
    from .campaign import CampaignResult

FROM_CAMPAIGN = ("invariant", "delegated", "coverage")


@dataclass(frozen=True)
class Options:
    """What the user asked for; empty `rules` and `operations` mean all."""

    target: str
    rules: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    group: str | None = None
    seed: int = 1
    fast: bool = False
    patience: float = 60

    @property
    def full(self) -> bool:
        """Whether everything is checked, so that what was not seen is missing."""
        return not (self.rules or self.operations or self.group or self.fast)

    def again(self, rule: Rule, operation: Operation | None) -> str:
        """Return the command that checks one rule for one operation again."""
        where = f" --operation {operation.id}" if operation else ""
        return f"python -m contract_tests {shlex.quote(self.target)} --rule {rule.id}{where} --seed {self.seed}"


class Run:
    """Plays rules against a target; stages are set up, and the campaign is run, when a rule first needs them."""

    def __init__(
        self,
        options: Options,
        document: Document,
        config: Config,
        target: Target,
        progress: Callable[[str, int], None] = lambda what, count: None,
    ) -> None:
        self.options = options
        self.document = document
        self.config = config
        self.target = target
        self.progress = progress
        self.stages: list[Stage] = []

    def rules(self) -> list[Rule]:
        """Return the rules asked for, those that need the campaign last."""
        asked = [
            rule
            for rule in rules_of()
            if (not self.options.rules or rule.id in self.options.rules) and self.options.group in (None, rule.group)
        ]
        return sorted(asked, key=lambda rule: ("document", "experiment", *FROM_CAMPAIGN).index(rule.kind))

    def operations(self, rule: Rule) -> list[Operation]:
        """Return the operations asked for that a rule applies to."""
        wanted = self.options.operations
        return [o for o in self.document.operations if rule.applies(o) and (not wanted or o.id in wanted)]

    @cached_property
    def experiments(self) -> Stage:
        return self.stage("experiments")

    @cached_property
    def documented(self) -> Stage:
        return self.experiments if self.target.is_single else self.stage("documented")

    @cached_property
    def campaign_stage(self) -> Stage:
        return self.experiments if self.target.is_single else self.stage("campaign")

    def launch(self) -> None:
        """Start the instances that the rules asked for need, all at once: each takes a while to be ready."""
        for rule in self.rules():
            if rule.kind != "document" and self.operations(rule):
                from_campaign = "campaign" if rule.kind in FROM_CAMPAIGN else "experiments"
                self.target.launch("documented" if rule.limits else from_campaign)

    def stage(self, name: str) -> Stage:
        self.progress("starting the target", 0)
        ledger = Ledger(self.document, rules_of("invariant"))
        stage = Stage(self.target.ready(name), self.document, self.config, ledger, patience=self.options.patience)
        self.stages.append(stage)
        stage.preflight()
        return stage

    @cached_property
    def campaign(self) -> "CampaignResult":
        """What the campaign found: run once, when the first rule asks for it."""
        from .campaign import run_campaign

        stage = self.campaign_stage
        work = stage.instance.work if stage.instance.process else Path("build/contract/work")
        work.mkdir(parents=True, exist_ok=True)
        return run_campaign(
            self.document,
            stage.instance.url,
            stage.accounts,
            seed=self.options.seed,
            examples=self.examples,
            work_dir=work,
            invariants=rules_of("invariant"),
            progress=self.progress,
            operations=self.options.operations or None,
        )

    @cached_property
    def unobserved(self) -> tuple[dict[str, list[str]], list[str]] | None:
        """What was documented and never seen, with stale excuses; None where the run was no full one."""
        if not self.options.full:
            return None
        observed = sum((stage.ledger.observed for stage in self.stages), self.campaign.observed)
        return unobserved(self.document, observed, self.config, datetime.date.today())

    @property
    def known_campaign(self) -> "CampaignResult":
        """The campaign's result, empty where no rule asked for a campaign."""
        from .campaign import CampaignResult

        return self.campaign if "campaign" in vars(self) else CampaignResult()

    @property
    def examples(self) -> int:
        return 8 if self.options.fast or self.options.rules else 25

    @property
    def fewest_cases(self) -> int:
        return 1 if self.options.fast or self.options.rules else 50

    def check(self, rule: Rule, operation: Operation | None) -> list[Finding]:
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

    def played(self, rule: Rule, operation: Operation | None) -> str:
        assert rule.function is not None
        if rule.kind == "document":
            rule.function(self.document)
            return ""
        assert operation is not None
        if rule.kind == "coverage":
            said = rule.function(operation, self.campaign, self.fewest_cases, self.unobserved)
            return said or ""
        stage = self.documented if rule.limits else self.experiments
        return Scene(operation, stage, lambda: self.documented).play(rule)

    def looked_up(self, rule: Rule, operation: Operation | None) -> list[Finding]:
        """Return what campaign and ledgers say of a rule; nothing at all where it was put to no test."""
        name = operation.id if operation else None
        findings = [
            replace(finding, again=self.options.again(rule, operation), reason=finding.reason)
            for finding in self.campaign.findings
            if (finding.rule_id, finding.operation_id) == (rule.id, name)
        ]
        looked = self.campaign.judged[rule.id, name or ""]
        for stage in self.stages:
            looked += stage.ledger.looked[rule.id, name]
            violation = stage.ledger.violations.get((rule.id, name))
            findings += [self.violated(rule, operation, violation, stage)] if violation else []
        return findings or ([self.finding(rule, operation, Verdict.PASSED)] if looked else [])

    def afterthoughts(self, rule: Rule, found: list[Finding]) -> list[Finding]:
        """Return what was found beside the operations asked for, or that nothing put a rule to the test."""
        if rule.kind == "experiment":
            return [f for f in self.known_campaign.findings if f.rule_id == rule.id]
        if rule.kind not in ("invariant", "delegated"):
            return []
        told = self.looked_up(rule, None)
        if told or not self.operations(rule) or any(finding.rule_id == rule.id for finding in found):
            return told
        return [self.finding(rule, None, Verdict.NOT_CHECKED, "no exchange put it to the test")]

    def violated(
        self, rule: Rule, operation: Operation | None, violation: Violation, stage: Stage | None = None
    ) -> Finding:
        stage = stage or (self.stages[-1] if self.stages else None)
        for each in self.stages:
            origin = each.instance.url
            if violation.exchanges and violation.exchanges[-1].url.startswith(origin):
                stage = each
        redacted = stage.script.redacted if stage else str
        return replace(
            self.finding(rule, operation, Verdict.FAILED if rule.level == MUST else Verdict.WARNED),
            observed=redacted(violation.observed),
            expected=redacted(violation.expected),
            curl=stage.script.show(violation.exchanges) if stage else "",
        )

    def finding(self, rule: Rule, operation: Operation | None, verdict: Verdict, reason: str = "") -> Finding:
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
        for stage in self.stages:
            stage.client.close()
        with contextlib.suppress(KeyboardInterrupt):
            self.target.stop()
