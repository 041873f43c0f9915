"""Plays laws on one mutant: which of them sees it, and where."""

import re
import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import pytest

from bookplate.checking import check
from bookplate.contract.operation import Operation
from bookplate.laws.generated import FuzzingResult
from bookplate.laws.law import Experiment, Law
from bookplate.laws.verdict import Finding, Verdict
from bookplate.options import Options
from bookplate.planning import plan
from bookplate.pytest_plugin import FINDINGS, law_of_item, operation_of
from bookplate.run import Run, needs_documented_limits
from bookplate.selection import destructive
from bookplate.target import instance
from bookplate.target.config import SetUpError

from .forked import ForkedTarget
from .serve import REFERENCE

SECONDS_TO_START = 150.0
FOLDERS = re.compile(r"(?:/[\w.+-]+)+/")
LATE = "an instance of the target does not answer"  # the reason of laws whose server was never there
CONFIG = "impl/bookplate.toml"
SEEN = (Verdict.FAILED, Verdict.WARNED)
KILLED, SURVIVED, BROKEN, NO_VERDICT = "killed", "survived", "not served", "no verdict"
Costs = Mapping[str, float]


@dataclass(frozen=True)
class Honest:
    """What laws at operations cost on the reference, in seconds, and which of them find something there."""

    costs: Costs
    known: frozenset[str]


@dataclass
class Judgement:
    """
    What became of a mutant.

    `seen` are all laws at operations that saw it; `law`, `operation` and `observed` say which of them is told, and `level`
    is that of the law. `played` are the laws at operations that
    were tried, `left` those that time did not suffice for. `errors` are those that ended in an error of the suite, and
    `unchecked` those that could not be tried. `costs` are the seconds that each took.
    """

    outcome: str
    seen: list[str] = field(default_factory=list)
    law: str = ""
    operation: str = ""
    level: str = ""
    observed: str = ""
    played: int = 0
    left: int = 0
    errors: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    seconds: float = 0
    costs: dict[str, float] = field(default_factory=dict)


class Cheapest:
    """
    A plugin of pytest that ends a run where a law has seen the mutant, or where the time is over.

    Without `seconds` it leaves a run as it is, and only ends it early. With them it plays experiments alone, at some
    operations, every law once before one is played a second time, and the cheap ones first. On the reference itself it
    does not end early, so that everything is known that laws find there.
    """

    def __init__(self, run: Run, operations: Iterable[str], seconds: float, honest: Honest | None) -> None:
        self.run = run
        self.operations = frozenset(operations)
        self.seconds = seconds
        self.stops = honest is not None
        self.costs: Costs = honest.costs if honest else {}
        self.known = honest.known if honest else frozenset()
        self.began = self.started = time.monotonic()
        self.spent: dict[str, float] = {}
        self.items = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, None, None]:
        yield
        if self.seconds:
            items[:] = in_turn([item for item in items if self.is_wanted(item)], self.costs)
        self.items = len(items)
        self.began = time.monotonic()

    def is_wanted(self, item: pytest.Item) -> bool:
        operation = operation_of(item)
        is_there = operation is not None and (not self.operations or operation.id in self.operations)
        return is_there and isinstance(law_of_item(item), Experiment)

    def pytest_runtest_logstart(self) -> None:
        self.started = time.monotonic()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        result = yield
        self.spent[key_of(item)] = round(time.monotonic() - self.started, 2)
        findings = item.config.stash[FINDINGS]
        if self.stops and self.seen(findings):
            item.session.shouldfail = "the mutant is seen"
        elif self.seconds and time.monotonic() - self.began > self.seconds:
            item.session.shouldfail = "the time is over"
        return result

    def seen(self, findings: list[Finding]) -> bool:
        """Tell whether a law, or one that looks at every exchange, has found anything that is not known of the reference."""
        if any(is_new(each, self.known) for each in findings):
            return True
        violations = (key for session in self.run.sessions for key in session.observer.violations)
        return any(key_of_law(law, operation) not in self.known for law, operation in violations)


def in_turn(items: list[pytest.Item], costs: Costs) -> list[pytest.Item]:
    """
    Return items so that each law comes once before one comes again, cheap ones first, and last what deletes a lot.

    Within a round those come last that need the server with the limits of the document, which has to be started too.
    """
    items = sorted(items, key=lambda item: costs.get(key_of(item), 1.0))
    rounds: dict[str, int] = {}

    def place(item: pytest.Item) -> tuple[bool, int, bool, float]:
        law, operation = law_of_item(item), operation_of(item)
        assert law is not None
        assert isinstance(operation, Operation)
        rounds[law.id] = rounds.get(law.id, 0) + 1
        is_late = needs_documented_limits(law)
        return bool(destructive(operation)), rounds[law.id], is_late, costs.get(key_of(item), 1.0)

    places = {item: place(item) for item in items}
    return sorted(items, key=lambda item: places[item])


def key_of(item: pytest.Item) -> str:
    law, operation = law_of_item(item), operation_of(item)
    return key_of_law(law.id if law else item.name, operation.id if operation else None)


def key_of_law(law_id: str, operation_id: str | None) -> str:
    return f"{law_id} {operation_id or ''}".strip()


def is_new(finding: Finding, known: Iterable[str]) -> bool:
    return finding.verdict in SEEN and key_of_law(finding.rule_id, finding.operation_id) not in known


class LateRun(Run):
    """A run that starts no server ahead: a mutant that is seen early needs only one."""

    def launch(self, laws: Iterable[Law]) -> None:
        pass


def judge(mutant: Path, operations: Iterable[str], seconds: float, honest: Honest | None) -> Judgement:
    """
    Serve the module of a file, play laws on it, and say what became of it.

    Experiments alone are played at some operations, so long; a whole run where `seconds` is 0. `honest` is what laws cost
    and find on the reference; None where that is found out now.
    """
    began = time.monotonic()
    # Long enough for a machine that does other things too: what is late must not count as broken, nor be left out.
    instance.READY_WITHIN = SECONDS_TO_START
    run = planned(mutant, is_whole=not seconds)
    plugin = Cheapest(run, operations, seconds, honest)
    try:
        judgement = judged(check(run, plugin), plugin.known)
    except SetUpError as problem:
        # On a busy machine every server may be late.
        is_certain = "the server ended" in str(problem) or reference_starts()
        judgement = Judgement(BROKEN if is_certain else NO_VERDICT, observed=without_folders(str(problem))[:300])
    judgement.played, judgement.left = len(plugin.spent), max(plugin.items - len(plugin.spent), 0)
    return replace(judgement, seconds=round(time.monotonic() - began, 1), costs=plugin.spent)


def without_folders(text: str) -> str:
    """Return what a server has printed, with the names of files alone: their folders are those of one machine."""
    return FOLDERS.sub("", text)


def reference_starts() -> bool:
    """Tell whether the reference as it is answers in time here and now."""
    target = plan(Options(REFERENCE, config=CONFIG)).target
    try:
        target.ready("experiments")
    except SetUpError:
        return False
    finally:
        target.stop()
    return True


def planned(mutant: Path, *, is_whole: bool) -> Run:
    run = plan(Options(f"{{python}} -m tests.mutants.serve --port {{port}} --mutant {mutant.resolve()}", config=CONFIG))
    if is_whole:
        return run
    # Neither generated requests nor a second look after each write: that is for the run of what survives.
    late = LateRun(**{each.name: getattr(run, each.name) for each in fields(run)})
    late.target = ForkedTarget(run.target.name, run.config, run.document, run.admission)
    late.target.mutant = mutant
    late.is_careful = late.fuzzes_apart = False
    late.generation.settle(FuzzingResult())
    return late


def judged(findings: Iterable[Finding], known: Iterable[str]) -> Judgement:
    """Return what the findings of a run say of a mutant."""
    findings = list(findings)
    new = sorted(
        (each for each in findings if is_new(each, known)), key=lambda each: each.verdict is not Verdict.FAILED
    )
    first = new[0] if new else None
    late = any(each.verdict is Verdict.NOT_CHECKED and LATE in each.reason for each in findings)
    judgement = Judgement(
        KILLED if first else NO_VERDICT if late else SURVIVED,
        seen=[key_of_law(each.rule_id, each.operation_id) for each in new],
        errors=[key_of_law(each.rule_id, each.operation_id) for each in findings if each.verdict is Verdict.ERROR],
        unchecked=[
            key_of_law(each.rule_id, each.operation_id)
            for each in findings
            if each.verdict is Verdict.NOT_CHECKED and each.operation_id
        ],
    )
    if first is not None:
        judgement.law, judgement.operation = first.rule_id, first.operation_id or ""
        judgement.level, judgement.observed = first.level, " ".join(first.observed.split())[:200]
    return judgement
