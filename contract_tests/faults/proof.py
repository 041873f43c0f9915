"""Putting faults into a target, and playing rules until one is seen to break."""

import argparse
import copy
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

import yaml

from ..config import SetUpError
from ..document import Document, DocumentError
from ..instance import Instance
from ..operation import Operation
from ..options import Options
from ..rule import REGISTRY, Fault, Rule, Violation, rules_of
from ..run import Run
from ..target import Target, find_config, is_command
from ..verdict import Finding, Verdict

Play = Callable[[], Finding | None]
FROM_GENERATED = ("delegated", "coverage")


class Bent(Target):
    """The target twice, with relaxed limits and as documented, each with room for a fault."""

    orders = 0

    def launch(self, name: str) -> Instance:
        if is_command(self.name) or self.is_url:
            raise SetUpError(f"{self.name} is no import string: a fault is a wrapper around an application")
        self.command = f"{{python}} -m contract_tests.serve {self.name} --port {{port}} --faulty {{work}}/fault"
        return super().launch("experiments" if name == "campaign" else name)

    def put_in(self, fault: Fault | None) -> None:
        """Order a fault, or none; nothing has changed an answer since."""
        self.orders += 1
        for instance in self.launched.values():
            (instance.work / "fault.changed").unlink(missing_ok=True)
            order = instance.work / "order"
            order.write_text(f"{self.orders} {fault.__module__}:{fault.__name__}" if fault else "", encoding="utf-8")
            order.replace(instance.work / "fault")

    @property
    def changed(self) -> bool:
        return any((instance.work / "fault.changed").exists() for instance in self.launched.values())


class Proof:
    """Puts faults into a target, and plays rules until one is seen to break."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.config = find_config(given.target, given.config)
        self.document = Document.load(self.config.document)
        self.target = Bent(given.target, self.config, self.document)
        self.nearby = neighbours(self.document)

    @cached_property
    def run(self) -> Run:
        """The run, on stages that stand before any fault is put in."""
        # Naming the rules, even if it is all of them, asks for few generated cases.
        options = Options(self.target.name, rules=tuple(REGISTRY))
        run = Run(options, self.document, self.config, self.target)
        self.target.launch("documented")
        run.experiments, run.documented  # noqa: B018  (they are set up on first use)
        return run

    @cached_property
    def honest_campaign(self) -> Run:
        honest = self.near()
        honest.campaign  # noqa: B018  (it runs on first use)
        return honest

    def near(self) -> Run:
        """Return a run on the same stages that looks at the neighbours alone, with a campaign of its own."""
        near = copy.copy(self.run)
        for known in ("campaign", "wanted"):
            vars(near).pop(known, None)
        near.options = replace(self.run.options, operations=self.nearby)
        return near

    def outcome(self, rule: Rule, fault: Fault) -> str:
        """Return `caught`, or why not."""
        self.forget(fresh=rule.kind == "experiment")
        self.target.put_in(fault)
        try:
            broken = next((play for play in self.plays(rule) if play() is not None), None)
            changed = self.target.changed
        except SetUpError as problem:
            return f"not caught: it broke the set-up: {problem}"
        finally:
            self.target.put_in(None)
            self.forget(fresh=rule.kind == "experiment")
        if broken is None or not changed:
            return "not caught" if changed else "changed no answer"
        honest = broken() if rule.kind not in FROM_GENERATED else self.from_campaign(rule, self.honest_campaign)
        if honest is not None:
            return f"not proved: the honest {honest.operation_id} fails too: {honest.observed or honest.reason}"
        return "caught"

    def plays(self, rule: Rule) -> Iterator[Play]:
        """Yield what can be played to see a rule break, the cheapest first; a play returns the failure, if any."""
        if rule.kind == "experiment":
            home = self.document.operation(self.nearby[0]).path if self.nearby else ""
            # What is made there costs no sign-up.
            cheapest = sorted(self.run.operations(rule), key=lambda operation: not operation.path.startswith(home))
            yield from (partial(self.from_experiment, rule, operation) for operation in cheapest)
        elif rule.kind == "invariant":
            near = self.near()
            shown_by = sorted(rules_of("experiment"), key=lambda other: other.group != rule.group)
            for other in shown_by:
                yield from (partial(self.from_ledger, rule, other, each) for each in near.operations(other))
        else:
            yield partial(self.from_campaign, rule, None)

    def from_experiment(self, rule: Rule, operation: Operation) -> Finding | None:
        found = self.run.check(rule, operation)
        if broken := next((each for each in found if each.verdict is Verdict.ERROR), None):
            raise SetUpError(broken.reason)
        return next((each for each in found if each.verdict in (Verdict.FAILED, Verdict.WARNED)), None)

    def from_ledger(self, rule: Rule, other: Rule, operation: Operation) -> Finding | None:
        """Play another rule, and look whether what it sent and got breaks this one."""
        self.run.check(other, operation)
        for stage in self.run.stages:
            for (name, _), violation in stage.ledger.violations.items():
                if name == rule.id:
                    return self.run.violated(rule, operation, violation)
        return None

    def from_campaign(self, rule: Rule, run: Run | None) -> Finding | None:
        """Look what a campaign found, one of its own where none is given, which ends where the rule breaks."""
        if run is None:
            run = self.near()
            run.enough = rule.id
        found = [finding for operation in run.operations(rule) for finding in run.check(rule, operation)]
        return next((each for each in found if each.verdict in (Verdict.FAILED, Verdict.WARNED)), None)

    def forget(self, *, fresh: bool) -> None:
        """Forget what was seen, and who was made where a fault has to see people sign in, or must not have."""
        for stage in self.run.stages:
            stage.ledger.forget()
            stage.accounts.minted.clear()
            if fresh:
                stage.accounts.forget()

    def prove(self, rule: Rule) -> Iterator[tuple[str, str]]:
        """Yield each fault of a rule with what became of it."""
        if rule.kind == "document":
            yield from prove_document(rule, self.document)
        else:
            yield from ((fault.__name__, self.outcome(rule, fault)) for fault in rule.faults)

    def tell(self, rule_ids: str) -> None:
        """Prove rules and print a line for each of their faults."""
        for rule_id in rule_ids.split():
            started = time.monotonic()
            for name, result in self.prove(REGISTRY[rule_id]):
                print(f"{rule_id:<10} {name:<48} {result}  {time.monotonic() - started:.1f} s", flush=True)
                started = time.monotonic()


def prove_document(rule: Rule, document: Document) -> Iterator[tuple[str, str]]:
    """Yield each mutation of the document with what became of it."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        work = Path(folder) / "openapi"
        shutil.copytree(document.path.parent, work)
        for fault in rule.faults:
            raw = copy.deepcopy(document.raw)
            fault(raw)
            (work / document.path.name).write_text(yaml.safe_dump(raw, sort_keys=False), encoding="utf-8")
            try:
                assert rule.function is not None
                rule.function(Document.load(work / document.path.name))
                yield fault.__name__, "not caught"
            except (Violation, DocumentError):
                yield fault.__name__, "caught"


def neighbours(document: Document) -> tuple[str, ...]:
    """Return the operations that make, read and delete the first thing that can be made: enough for most faults."""
    maker = next((o for o in document.operations if "201" in o.responses and o.secured), None)
    if maker is None:
        return ()
    items = [o for o in document.operations if o.path.startswith(f"{maker.path}/") and o.method in ("GET", "DELETE")]
    return (maker.id, *(operation.id for operation in items))
