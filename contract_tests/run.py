"""One run: the stages it plays on, the campaign, and how a rule comes to its finding for an operation."""

import contextlib
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from .campaign import CampaignResult, run_campaign
from .config import Config, SetUpError
from .document import Document
from .ledger import Ledger
from .operation import Operation
from .preflight import preflight
from .rule import NotChecked, Rule, Violation, rules_of
from .scene import Scene, Stage
from .target import Target
from .verdict import MUST, Finding, Verdict

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
        return self.stage(lambda: self.target.experiments)

    @cached_property
    def documented(self) -> Stage:
        if self.target.is_single:
            return self.experiments
        return self.stage(lambda: self.target.documented)

    @cached_property
    def campaign_stage(self) -> Stage:
        return self.experiments if self.target.is_single else self.stage(lambda: self.target.campaign)

    def stage(self, instance: Callable[[], object]) -> Stage:
        self.progress("starting the target", 0)
        ledger = Ledger(self.document, rules_of("invariant"))
        stage = Stage(instance(), self.document, self.config, ledger, patience=self.options.patience)  # type: ignore[arg-type]
        self.stages.append(stage)
        preflight(stage)
        return stage

    @cached_property
    def campaign(self) -> CampaignResult:
        """What the campaign found: run once, when the first rule asks for it."""
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

    @property
    def known_campaign(self) -> CampaignResult:
        """The campaign's result, empty where no rule asked for a campaign."""
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
            rule.function(operation, self.campaign, self.fewest_cases)
            return ""
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

    def unlooked(self, rule: Rule) -> Finding:
        """Return the finding on a rule that nothing put to the test."""
        return self.finding(rule, None, Verdict.NOT_CHECKED, "no exchange put it to the test")

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
