"""One run: the stages it plays on, the campaign, and how a rule comes to its finding for an operation."""

import contextlib
import datetime
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .config import Config, SetUpError
from .document import Document
from .expectations import unobserved
from .ledger import Ledger
from .operation import Operation
from .options import Options
from .rule import REGISTRY, NotChecked, Rule, Violation, rules_of
from .scene import Scene, Stage
from .target import Target
from .verdict import MUST, Finding, Verdict

if TYPE_CHECKING:  # schemathesis takes longer to import than a server to start
    from .campaign import CampaignResult
    from .campaign.apart import Apart

Progress = Callable[[str, int], None]
FROM_CAMPAIGN = ("invariant", "delegated", "coverage")


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
    progress: Progress = lambda what, count: None
    stages: list[Stage] = field(default_factory=list)
    enough: str = ""
    apart: "Apart | None" = None

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
    def experiments(self) -> Stage:
        return self.stage("experiments")

    @cached_property
    def documented(self) -> Stage:
        return self.stage("documented")

    def launch(self) -> None:
        """Start the instances that the rules asked for need, all at once: each takes a while to be ready."""
        for rule in self.rules():
            if rule.kind != "document" and self.operations(rule):
                from_campaign = "campaign" if rule.kind in FROM_CAMPAIGN else "experiments"
                self.target.launch("documented" if rule.limits else from_campaign)

    def stage(self, name: str) -> Stage:
        """Return the stage on an instance; targets may have one for several purposes."""
        self.progress("starting the target", 0)
        instance = self.target.ready(name)
        if known := next((stage for stage in self.stages if stage.instance is instance), None):
            return known
        ledger, patience = Ledger(self.document, rules_of("invariant")), self.options.patience
        self.stages.append(stage := Stage(instance, self.document, self.config, ledger, patience=patience))
        stage.preflight()
        return stage

    def set_campaign_apart(self) -> None:
        """Let the campaign go on beside the experiments, where one is needed and has an instance to itself."""
        from .campaign.apart import Apart, is_possible

        needed = any(rule.kind in FROM_CAMPAIGN and self.operations(rule) for rule in self.rules())
        if needed and is_possible() and not self.target.is_single:
            self.target.ready("campaign")
            self.apart = Apart(self.campaign_with_its_stage)

    @cached_property
    def campaign(self) -> "CampaignResult":
        """What the campaign found: run once, when the first rule asks for it, if it was not set apart."""
        return self.apart.result(self.progress) if self.apart else self.run_campaign(self.progress)

    def run_campaign(self, progress: Progress) -> "CampaignResult":
        from .campaign import run_campaign

        stage = self.stage("campaign")
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
            progress=progress,
            operations=self.wanted or None,
            enough=self.enough,
            brief=self.options.fast,
        )

    def campaign_with_its_stage(self, progress: Progress) -> "CampaignResult":
        """Run the campaign, and tell with it what was seen while its stage was set up."""
        result = self.run_campaign(progress)
        ledger = self.stage("campaign").ledger
        result.observed += ledger.observed
        result.judged += Counter({(rule_id, name or ""): n for (rule_id, name), n in ledger.looked.items()})
        for (rule_id, name), violation in ledger.violations.items():
            operation = self.document.operation(name) if name else None
            result.findings.append(self.violated(REGISTRY[rule_id], operation, violation))
        return result

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
        return 50 if self.examples > 8 else 1

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
            return str(rule.function(operation, self.campaign, self.fewest_cases, self.unobserved) or "")
        stage = self.documented if rule.limits else self.experiments
        return Scene(operation, stage, lambda: self.documented).play(rule)

    def looked_up(self, rule: Rule, operation: Operation | None) -> list[Finding]:
        """Return what campaign and ledgers say of a rule; nothing at all where it was put to no test."""
        name = operation.id if operation else None
        findings = [
            replace(finding, again=self.options.again(rule, operation))
            for finding in self.campaign.findings
            if (finding.rule_id, finding.operation_id) == (rule.id, name)
        ]
        looked = self.campaign.judged[rule.id, name or ""]
        for stage in self.stages:
            looked += stage.ledger.looked[rule.id, name]
            violation = stage.ledger.violations.get((rule.id, name))
            findings += [self.violated(rule, operation, violation)] if violation else []
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

    def violated(self, rule: Rule, operation: Operation | None, violation: Violation) -> Finding:
        last = violation.exchanges[-1].url if violation.exchanges else ""
        stages = [each for each in self.stages if last.startswith(each.instance.url)] or self.stages
        stage = stages[-1] if stages else None
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
        if self.apart:
            self.apart.stop()
        for stage in self.stages:
            stage.client.close()
        with contextlib.suppress(KeyboardInterrupt):
            self.target.stop()
