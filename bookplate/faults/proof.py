"""Putting faults into a target, and playing rules until one is seen to break."""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path

import yaml

from ..contract.document import Document
from ..contract.lines import DocumentError
from ..contract.operation import Operation
from ..fixtures.users import User
from ..laws.catalogue import Catalogue
from ..laws.law import CoverageLaw, Experiment, Fault, Law
from ..laws.verdict import Finding, NotExercised, Verdict
from ..laws.words import written_by_python
from ..options import Options
from ..run import Run
from ..target.config import SetUpError
from ..target.instance import Instance
from ..target.target import Target, find_config, is_command
from ..wire.outcomes import NotChecked, Violation
from .player import Player

Play = Callable[[], Finding | None]
FROM_GENERATED = ("delegated", "coverage")
SEEN = (Verdict.FAILED, Verdict.WARNED)


class Bent(Target):
    """The target twice, with relaxed limits and as documented, each with room for a fault."""

    orders = 0

    def launch(self, name: str) -> Instance:
        if is_command(self.name) or self.is_url:
            raise SetUpError(f"{self.name} is no import string: a fault is a wrapper around an application")
        self.command = f"{{python}} -m bookplate.faults.serve {self.name} --port {{port}} --order {{work}}/fault"
        return super().launch("experiments" if name == "fuzzing" else name)

    def put_in(self, fault: Fault | None) -> None:
        """Order a fault, or none; nothing has changed an answer since."""
        self.orders += 1
        for instance in self.launched.values():
            (instance.work / "fault.changed").unlink(missing_ok=True)
            order = instance.work / "order"
            order.write_text(f"{self.orders} {fault.address}" if fault else "", encoding="utf-8")
            order.replace(instance.work / "fault")

    @property
    def changed(self) -> bool:
        return any((instance.work / "fault.changed").exists() for instance in self.launched.values())


class Proof:
    """Puts faults into a target, and plays rules until one is seen to break."""

    def __init__(self, given: argparse.Namespace, player: Player) -> None:
        self.config = find_config(given.target, given.config)
        self.document = Document.load(self.config.document)
        self.target = Bent(given.target, self.config, self.document)
        self.nearby = neighbours(self.document)
        self.catalogue = Catalogue.with_own(given.laws)
        self.player = player
        # Naming the laws, even if it is all of them, asks for few generated cases.
        options = Options(self.target.name, rules=tuple(law.id for law in self.catalogue), probe=True, timing=True)
        self.signed_in: list[User] = []
        self.caught_at: Operation | None = None
        self.seen_after = 0.0  # seconds
        self.run = Run(options, self.document, self.config, self.target, self.catalogue, fuzzes_apart=False)
        self.run.is_careful = False

    def set_up(self) -> None:
        """Begin the sessions, and make the users that most laws need, before any fault is put in."""
        self.target.launch("documented")
        for name in ("experiments", "documented"):
            users = self.run.sessions.on(name).users
            with suppress(NotChecked):  # then a law hears of it when it asks for one
                self.signed_in += [users.owner, users.stranger]

    @cached_property
    def honest_nearby(self) -> Run:
        """A run whose generated requests are sent to the neighbours while no fault is in."""
        return self.near()

    @cached_property
    def honest(self) -> Run:
        """A run whose generated requests are sent to every operation while no fault is in."""
        return self.everywhere()

    def near(self) -> Run:
        """Return a run on the same stages that looks at the neighbours alone, with a campaign of its own."""
        return self.run.with_operations(self.nearby)

    def everywhere(self) -> Run:
        """Return a run on the same stages that looks at every operation, with a campaign of its own."""
        return self.run.with_operations(self.run.selected)

    def outcome(self, rule: Law, fault: Fault) -> str:
        """Return `caught`, or why not; `caught_at` is where, and `seen_after` how long it took."""
        self.caught_at = None
        started = time.monotonic()
        try:
            with self.bent(fault, fresh=rule.kind == "experiment"):
                found = next(((play, found) for play in self.plays(rule) if (found := play()) is not None), None)
                self.seen_after = time.monotonic() - started
                changed = self.target.changed
        except SetUpError as problem:
            return f"not caught: it broke the set-up: {problem}"
        if found is None or not changed:
            return "not caught" if changed else "changed no answer"
        broken, seen = found
        if python := written_by_python(f"{seen.observed}\n{seen.expected}"):
            return f"not proved: it says a value as Python writes it, {python}: {seen.observed}; {seen.expected}"
        self.caught_at = self.document.operation(seen.operation_id) if seen.operation_id else None
        honest = self.from_honest_requests(rule, seen) if rule.kind in FROM_GENERATED else broken()
        if honest is not None:
            return f"not proved: the honest {honest.operation_id} fails too: {honest.observed or honest.reason}"
        return "caught"

    @contextmanager
    def bent(self, fault: Fault, *, fresh: bool) -> Iterator[None]:
        """Have a fault in the target meanwhile; nothing that was seen before counts, and nothing of it afterwards."""
        self.forget(fresh=fresh)
        self.target.put_in(fault)
        try:
            yield
        finally:
            self.target.put_in(None)
            self.forget(fresh=fresh)

    def plays(self, rule: Law) -> Iterator[Play]:
        """Yield what can be played to see a rule break, the cheapest first; a play returns the failure, if any."""
        if rule.kind == "experiment":
            home = self.document.operation(self.nearby[0]).path if self.nearby else ""
            # What is made there costs no sign-up.
            cheapest = sorted(self.run.operations(rule), key=lambda operation: not operation.path.startswith(home))
            yield from (partial(self.from_experiment, rule, operation) for operation in cheapest)
        elif rule.kind == "invariant":
            shown_by = sorted(
                (law for law in self.catalogue if isinstance(law, Experiment)),
                key=lambda other: other.group != rule.group,
            )
            # The nearest first: a law at one operation seldom shows less than at another.
            for is_near in (True, False):
                for other in shown_by:
                    places = [each for each in self.run.operations(other) if (each.id in self.nearby) is is_near]
                    yield from (partial(self.from_observer, rule, other, each) for each in places)
        else:
            yield from (partial(self.from_campaign, rule, run) for run in (self.near, self.everywhere))

    def from_experiment(self, rule: Law, operation: Operation) -> Finding | None:
        found = self.player.play(rule, operation)
        if broken := next((each for each in found if each.verdict is Verdict.ERROR), None):
            raise SetUpError(broken.reason)
        return next((each for each in found if each.verdict in SEEN), None)

    def from_observer(self, rule: Law, other: Law, operation: Operation) -> Finding | None:
        """Play another rule, and look whether what it sent and got breaks this one."""
        self.player.play(other, operation)
        for session in self.run.sessions:
            for (name, _), violation in session.observer.violations.items():
                if name == rule.id:
                    return self.run.judging.violated(rule, operation, violation)
        return None

    def from_campaign(self, rule: Law, begin: Callable[[], Run]) -> Finding | None:
        """Look what a campaign of its own finds, which ends where the rule breaks."""
        run = begin()
        run.generation.enough = rule.id
        return self.from_fuzzing(rule, run)

    def from_honest_requests(self, rule: Law, seen: Finding) -> Finding | None:
        """Look whether a rule that was seen to break breaks without the fault too."""
        is_near = seen.operation_id in self.nearby
        return self.from_fuzzing(rule, self.honest_nearby if is_near else self.honest)

    def from_fuzzing(self, rule: Law, run: Run) -> Finding | None:
        """Look what the campaign of a run found."""
        found = [finding for operation in run.operations(rule) for finding in judged(run, rule, operation)]
        return next((each for each in found if each.verdict in SEEN), None)

    def broken_by_generated(self, operation: Operation) -> set[str]:
        """Return the laws that fail or warn where requests are generated for one operation."""
        run = self.run.with_operations((operation.id,))
        try:
            laws = [law for law in self.catalogue if law.kind in FROM_GENERATED and law.applies(operation)]
            found = [finding for law in laws for finding in judged(run, law, operation)]
        except SetUpError:
            return set()
        broken = {each.rule_id for each in [*found, *run.generation.known.findings] if each.verdict in SEEN}
        return broken | {law_id for session in self.run.sessions for law_id, _ in session.observer.violations}

    def forget(self, *, fresh: bool) -> None:
        """Forget what was seen, and who was made where a fault has to see people sign in, or must not have."""
        for session in self.run.sessions:
            session.observer.forget()
            session.users.minted.clear()
            session.resources.forget()
            if fresh:
                session.users.forget()
                session.script.forget()

    def prove(self, rule: Law) -> Iterator[tuple[str, str]]:
        """Yield each fault of a rule with what became of it."""
        if rule.kind == "document":
            yield from prove_document(rule, self.document)
        else:
            yield from ((fault.name, self.outcome(rule, fault)) for fault in rule.faults)

    def print_outcomes(self, rule_ids: str) -> None:
        """Prove rules and print a line for each of their faults."""
        for rule_id in rule_ids.split():
            started = time.monotonic()
            for name, result in self.prove(self.catalogue[rule_id]):
                print(f"{rule_id:<10} {name:<48} {result}  {time.monotonic() - started:.1f} s", flush=True)
                started = time.monotonic()


def judged(run: Run, law: Law, operation: Operation) -> list[Finding]:
    """Return what generated requests show of a law at an operation."""
    if not isinstance(law, CoverageLaw):
        return run.judging.judged(law, operation)
    try:
        law.function(operation=operation, coverage=run.judging.coverage(operation))
    except (Violation, NotChecked) as problem:
        return run.judging.findings(law, operation, problem)
    return run.judging.findings(law, operation, None)


def prove_document(rule: Law, document: Document) -> Iterator[tuple[str, str]]:
    """Yield each mutation of the document with what became of it."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        work = Path(folder) / "openapi"
        shutil.copytree(document.path.parent, work)
        for fault in rule.faults:
            raw = document.plain()
            fault.function(raw)
            (work / document.path.name).write_text(yaml.safe_dump(raw, sort_keys=False), encoding="utf-8")
            try:
                rule.function(Document.load(work / document.path.name))
                yield fault.name, "not caught"
            except (Violation, DocumentError):
                yield fault.name, "caught"
            except NotExercised as problem:
                yield fault.name, f"not caught: {problem}"


def neighbours(document: Document) -> tuple[str, ...]:
    """Return the operations that make, read and delete the first thing that can be made: enough for most faults."""
    maker = next((o for o in document.operations if o.creates and o.secured), None)
    if maker is None:
        return ()
    items = [o for o in document.operations if o.path.startswith(f"{maker.path}/") and o.method in ("GET", "DELETE")]
    return (maker.id, *(operation.id for operation in items))
