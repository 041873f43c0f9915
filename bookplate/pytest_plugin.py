"""
The pytest plugin: collects laws, gives them their operations and fixtures, and turns verdicts into outcomes.

A law passes, fails (MUST), passes with a section (SHOULD that is broken) or is skipped with its reason (not checked). A
known failure is a strict xfail. What goes wrong in the suite itself is an error.
"""

import datetime
import difflib
import fnmatch
import random
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from . import pytest_fixtures
from .arguments import add_run_options
from .contract.lines import DocumentError
from .contract.operation import Operation
from .laws.catalogue import FILES, CatalogueError, laws_of_file, module_of
from .laws.known_failures import Entries, lowered, name_of
from .laws.law import DocumentLaw, Experiment, Invariant, Law, law_of
from .laws.notes import Notes, noted, rests_on
from .laws.verdict import Finding, NotExercised, Reported, Verdict, report
from .looking import look_at_service
from .options import Options
from .planning import plan, refuse_empty
from .pytest_fixtures import RUN
from .replicas import refuse_other_services
from .run import order
from .run.guesses import try_guesses
from .run.untryable import refuse_untryable
from .selection import destructive
from .target.config import SetUpError
from .wire.outcomes import NotChecked

# Everything that was found, in the order in which laws were tried.
FINDINGS = pytest.StashKey[list[Finding]]()
# What a law said of itself while it was tried.
NOTES = pytest.StashKey[Notes]()
NUMBERS = pytest.StashKey[dict[pytest.Item, int]]()  # the place of each item in its turn, from 1
# What was found elsewhere of the law of an item. Raised as an exception, each pass would cost a traceback.
JUDGED = pytest.StashKey[Reported | NotExercised | NotChecked | None]()
# The sections of a report by which pytest's own outcomes are kept apart from those of a law.
WARNED, ERROR = "warned", "error of the suite"


def pytest_addoption(parser: pytest.Parser) -> None:
    add_run_options(lambda title: parser.getgroup(f"bookplate: {title}").addoption)


def pytest_configure(config: pytest.Config) -> None:
    if RUN not in config.stash:
        try:
            config.stash[RUN] = plan(Options.of(config.option))
        except (SetUpError, DocumentError, CatalogueError) as problem:
            raise pytest.UsageError(" ".join(str(problem).split())) from problem
    config.stash.setdefault(FINDINGS, [])
    config.pluginmanager.register(pytest_fixtures, "bookplate fixtures")


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [f"bookplate: {notice}" for notice in config.stash[RUN].notices]


def pytest_unconfigure(config: pytest.Config) -> None:
    if RUN in config.stash:
        config.stash[RUN].stop()


# Collection


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Look at the service first, where its document says too little: what it shows decides which laws apply where."""
    if not session.config.option.collectonly:
        try:
            refuse_other_services(session.config.stash[RUN])
            look_at_service(session.config.stash[RUN])
            refuse_empty(session.config.stash[RUN])
            try_guesses(session.config.stash[RUN])
        except SetUpError as problem:
            pytest.exit(one_line(problem), returncode=pytest.ExitCode.USAGE_ERROR)
    return (yield)


class LawFile(pytest.Module):
    """A file of laws, loaded as the engine loads it: never twice, and never by a name of its own."""

    def _getobj(self) -> ModuleType:
        try:
            laws_of_file(self.path)
        except CatalogueError as problem:
            raise self.CollectError(str(problem)) from problem
        return module_of(self.path.resolve())


class InvariantItem(pytest.Item):
    """An invariant at one operation, or at the requests that match none: what all exchanges say of it."""

    def __init__(self, *, law: Law, operation: Operation | None, **options: Any) -> None:
        super().__init__(**options)
        self.law = law
        self.operation = operation

    def runtest(self) -> None:
        with judged_in(self):
            report(self.config.stash[RUN].judging.judged(self.law, self.operation))

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.law.function.__code__.co_firstlineno, self.name


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    if fnmatch.fnmatch(module_path.name, FILES):
        return LawFile.from_parent(parent, path=module_path)
    return None


def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> list[pytest.Item] | None:
    if not isinstance(collector, LawFile):
        return None
    law, run = law_of(obj), collector.config.stash[RUN]
    if law is None or law not in run.laws():
        return []
    if isinstance(law, DocumentLaw):
        return None
    operations = run.operations(law)
    if not operations:
        return []
    if not isinstance(law, Invariant):
        return None
    return [
        InvariantItem.from_parent(collector, name=f"{name}[{slug}]", law=law, operation=operation)
        for slug, operation in [*slugs(operations).items(), ("no_operation", None)]
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    law = law_of(metafunc.function)
    if law is None or isinstance(law, DocumentLaw):
        return
    named = slugs(metafunc.config.stash[RUN].operations(law))
    if "operation" not in metafunc.fixturenames:
        metafunc.fixturenames.append("operation")
    metafunc.parametrize("operation", named.values(), ids=list(named))


def slugs(operations: Iterable[Operation]) -> dict[str, Operation]:
    """Return operations by names that can stand in a test id: ASCII, unique and the same in every run."""
    named: dict[str, Operation] = {}
    for operation in operations:
        slug = re.sub(r"[^A-Za-z0-9_.-]", "_", operation.id)
        while slug in named:
            slug += "_"
        named[slug] = operation
    return named


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    run = config.stash[RUN]
    refuse_unknown_fixtures([item for item in items if isinstance(item, pytest.Function) and law_of(item.function)])
    if run.options.shuffled is not None:
        random.Random(run.options.shuffled).shuffle(items)
    items.sort(key=place)


def place(item: pytest.Item) -> tuple[int, bool, bool]:
    """
    Return when an item is tried: by the kind of its law, and last what may delete more than laws have made.

    What is too slow for the time of the run comes behind what is not.
    """
    law, operation = law_of_item(item), operation_of(item)
    if law is None or operation is None:
        return (-1 if law is None else order(law)), False, False
    return order(law), bool(destructive(operation)), operation.id in item.config.stash[RUN].document.seen.slow


def refuse_unknown_fixtures(items: list[pytest.Function]) -> None:
    """Raise UsageError where a law asks for a fixture that there is none of: a collection alone would not notice."""
    known = {name for item in items for name in item._fixtureinfo.name2fixturedefs} | pytest_fixtures.NAMES
    for item in items:
        for name in item._fixtureinfo.argnames:
            if name not in {*item._fixtureinfo.name2fixturedefs, "operation", "request"}:
                law, nearest = law_of(item.function), difflib.get_close_matches(name, known, 1, 0)
                raise pytest.UsageError(
                    f"{item.path}: {law.id if law else item.originalname} asks for '{name}', "
                    f"which is no fixture: the nearest is '{nearest[0]}'"
                )


def pytest_deselected(items: list[pytest.Item]) -> None:
    for item in items[:1]:
        item.config.stash[RUN].is_whole = False


# Trying laws


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    run = session.config.stash[RUN]
    session.config.stash[NUMBERS] = {item: number for number, item in enumerate(session.items, 1)}
    laws = list(dict.fromkeys(law for item in session.items if (law := law_of_item(item)) is not None))
    if any(law not in laws for law in run.laws() if isinstance(law, DocumentLaw) or run.operations(law)):
        run.is_whole = False  # some files were not named, or --lf has passed over them
    try:
        if laws and not session.config.option.collectonly:
            run.launch(laws)
            run.generation.start(laws)
        return (yield)
    except SetUpError as problem:
        pytest.exit(one_line(problem), returncode=pytest.ExitCode.USAGE_ERROR)
    except KeyboardInterrupt:
        run.cleanup.is_interrupted = True
        raise
    finally:
        run.cleanup.clear_away()
        run.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """
    Say of an experiment that nothing may be sent for any more that it is not checked, without setting it up.

    Hundreds of them may be left at the end of a budget of time, and on a busy machine pytest takes seconds for them.
    """
    law, run = law_of_item(item), item.config.stash[RUN]
    if not isinstance(law, Experiment) or not run.admission.closed:
        return None
    found = found_of(item, law, NotChecked(run.admission.closed))
    item.session._setupstate.teardown_exact(nextitem)
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    item.ihook.pytest_runtest_logreport(report=left_out(item, found))
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_runtest_setup(item: pytest.Item) -> None:
    law = law_of_item(item)
    if law is not None:
        operation = operation_of(item)
        numbers = item.config.stash.get(NUMBERS, {})
        place = f"[{numbers[item]}/{len(numbers)}] " if item in numbers else ""
        item.config.stash[RUN].progress(f"{place}{law.id}[{operation.id}]" if operation else f"{place}{law.id}", 0)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    law = law_of(pyfuncitem.function)
    if law is None:
        return None
    run = pyfuncitem.config.stash[RUN]
    pyfuncitem.stash[NOTES] = Notes()
    with judged_in(pyfuncitem):
        refuse_untryable(run, law, operation_of(pyfuncitem))
        if isinstance(law, Experiment):
            run.sessions.try_carefully(lambda: try_law(pyfuncitem, law))
        else:
            try_law(pyfuncitem, law)
    return True


def try_law(item: pytest.Function, law: Law) -> None:
    """Call a law with its fixtures, and keep what it says of itself."""
    arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
    with noted() as notes:
        item.stash[NOTES] = notes
        for fact in law.guesses_at(operation_of(item)):
            rests_on(fact)
        item.obj(**arguments)
    if isinstance(law, Experiment) and not notes.judged:
        raise NotExercised("nothing here could have broken it")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    law = law_of_item(item)
    # What an item came to before, when it was played another time, says nothing of its set-up.
    judged = item.stash.get(JUDGED, None) if call.when == "call" else None
    problem = call.excinfo.value if call.excinfo else judged
    is_over = call.when == "call" or (call.when == "setup" and problem is not None)
    if law is None or not is_over or isinstance(problem, pytest.exit.Exception | KeyboardInterrupt):
        return report
    if isinstance(problem, SetUpError):
        pytest.exit(one_line(problem), returncode=pytest.ExitCode.USAGE_ERROR)
    run = item.config.stash[RUN]
    found = found_of(item, law, problem, call.duration)
    if isinstance(problem, NotExercised):
        return skipped(report, item, str(problem))
    return with_outcome(report, item, law, found, run.config.expected)


def found_of(item: pytest.Item, law: Law, problem: BaseException | None, seconds: float = 0.0) -> list[Finding]:
    """Return what an item comes to in so many seconds, which is kept as findings of the run that share its time."""
    run = item.config.stash[RUN]
    found = run.judging.findings(law, operation_of(item), problem, item.stash.get(NOTES, None))
    found, _ = lowered(found, run.config.rules, datetime.date.today())
    found = [replace(finding, seconds=seconds / len(found)) for finding in found]
    item.config.stash[FINDINGS] += found
    return found


@contextmanager
def judged_in(item: pytest.Item) -> Iterator[None]:
    """Keep an outcome that is no failure of the item: pytest makes a traceback of all else, which takes its time."""
    item.stash[JUDGED] = None
    try:
        yield
    except (Reported, NotExercised, NotChecked) as outcome:
        item.stash[JUDGED] = outcome


def with_outcome(
    report: pytest.TestReport, item: pytest.Item, law: Law, found: list[Finding], expected: Entries
) -> pytest.TestReport:
    """Return a report that says what was found."""
    worst = max(found, key=lambda finding: finding.verdict)
    text = "\n\n".join(described(law, each) for each in found if each.verdict is worst.verdict)
    entry = expected.get(name_of(worst))
    is_expected = entry is not None and entry["until"] >= datetime.date.today()
    if worst.verdict is Verdict.ERROR:
        report.sections.append((ERROR, text))
        return report
    if worst.verdict is Verdict.NOT_CHECKED:
        return skipped(report, item, f"not checked: {worst.reason}")
    if worst.verdict is Verdict.FAILED and entry is not None and is_expected:
        report.outcome = "skipped"
        report.wasxfail = f"reason: {entry['reason']}"
        return report
    is_stale = worst.verdict is Verdict.PASSED and entry is not None
    report.outcome = "failed" if worst.verdict is Verdict.FAILED or is_stale else "passed"
    report.longrepr = text if report.outcome == "failed" else None
    if is_stale:
        report.longrepr = "[XPASS(strict)] it is expected to fail and passed: remove the expectation"
    if worst.verdict is Verdict.WARNED:
        report.sections.append((WARNED, text))
    return report


def left_out(item: pytest.Item, found: list[Finding]) -> pytest.TestReport:
    """Return the report of an item that was not tried."""
    report = pytest.TestReport(item.nodeid, item.location, {}, "skipped", None, "call")
    return skipped(report, item, f"not checked: {found[0].reason}")


def skipped(report: pytest.TestReport, item: pytest.Item, reason: str) -> pytest.TestReport:
    path, line, _ = item.reportinfo()
    report.outcome = "skipped"
    report.longrepr = (str(path), line or 0, reason)
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    if report.when != "call":
        return None
    sections = dict(report.sections)
    if ERROR in sections:
        return "error", "E", ("ERROR", {"red": True})
    if WARNED in sections:
        return "warned", "w", ("WARNED", {"yellow": True})
    return None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for warned in terminalreporter.stats.get("warned", []):
        terminalreporter.section(f"warned: {warned.nodeid}", sep="_")
        for name, text in warned.sections:
            terminalreporter.line(text if name == WARNED else "")
    run = config.stash[RUN]
    nowhere = [law.id for law in run.laws() if not isinstance(law, DocumentLaw) and not run.operations(law)]
    if nowhere:
        terminalreporter.line(
            f"{len(nowhere)} laws apply to no operation of {run.document.location}: {', '.join(nowhere)}"
        )


def law_of_item(item: pytest.Item) -> Law | None:
    """Return the law that an item tries, None for any other test."""
    if isinstance(item, InvariantItem):
        return item.law
    return law_of(item.function) if isinstance(item, pytest.Function) else None


def operation_of(item: pytest.Item) -> Operation | None:
    """Return the operation that an item tries its law on."""
    if isinstance(item, InvariantItem):
        return item.operation
    found: Operation | None = item.callspec.params.get("operation") if hasattr(item, "callspec") else None
    return found


def described(law: Law, finding: Finding) -> str:
    """Return what a finding says, as a text of some lines."""
    lines = (
        f"{law.id}  {law.text}",
        f"observed  {finding.observed}",
        f"expected  {finding.expected}",
        f"see       {finding.line}  {law.source}",
        f"law       {law.file}",
        f"again     {finding.again}",
        finding.curl,
    )
    return "\n".join(line for line in lines if line.strip() not in ("", "observed", "expected"))


def one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())
