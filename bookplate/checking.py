"""Lets pytest try laws, with nothing of the surrounding project: neither its settings nor its plugins."""

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from . import pytest_plugin
from .laws.verdict import Finding, Verdict
from .pytest_fixtures import RUN
from .pytest_plugin import FINDINGS
from .run import Run
from .target.config import SetUpError

SETTINGS = Path(__file__).with_name("pytest.toml")
# What surrounds a run must not change it, and no law is looked for in a folder that the user did not name.
ALONE = (
    "-s",
    *("-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:faulthandler"),
    "--disable-plugin-autoload",
    "--noconftest",
)
FROM_OUTSIDE = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")


class Interrupted(KeyboardInterrupt):
    """The user ended the run; `findings` are what had been found by then."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__()
        self.findings = findings


class Embedded:
    """Gives pytest a run that is already planned, and keeps what came of it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.findings: list[Finding] = []
        self.stopped = ""
        self.has_enough = False  # failures, so that laws were left out

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[RUN] = self.run
        config.stash[FINDINGS] = self.findings
        # Nobody is shown where a law has raised its verdict, and to find its lines takes longer than a request.
        config.option.tbstyle = "native"

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector:
        # pytest would import the __init__.py of every folder above.
        return pytest.Dir.from_parent(parent, path=path)

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(self) -> Generator[None, None, None]:
        try:
            yield
        except pytest.UsageError as problem:
            pytest.exit(str(problem), returncode=pytest.ExitCode.USAGE_ERROR)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.has_enough = bool(session.shouldfail)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        if isinstance(excinfo.value, pytest.exit.Exception):
            self.stopped = str(excinfo.value)


def check(run: Run, *plugins: object) -> list[Finding]:
    """
    Try the laws of a run and return what was found.

    Raises SetUpError where the run could not go on, Interrupted where the user ended it.
    """
    embedded = Embedded(run)
    code = run_pytest(run, embedded, *plugins)
    if embedded.stopped:
        raise SetUpError(embedded.stopped)
    if code == pytest.ExitCode.INTERRUPTED:
        raise Interrupted([*embedded.findings, *run.judging.cut_short()])
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        raise SetUpError("pytest could not try the laws: its own message stands above")
    found = embedded.findings
    if embedded.has_enough:
        return [*found, *run.judging.cut_short()]
    for law in run.laws():
        found += run.judging.afterthoughts(law, found)
    return found + [each for each in run.generation.known.findings if each.verdict is Verdict.ERROR]


def run_pytest(run: Run, *plugins: object) -> int:
    """Let pytest collect the laws of a run's catalogue and run them; return its exit code."""
    folders = [str(folder.resolve()) for folder in run.catalogue.folders]
    rootdir = os.path.commonpath(folders)
    places = ("-c", str(SETTINGS), f"--rootdir={rootdir}", f"--confcutdir={rootdir}")
    enough = [f"--maxfail={run.options.max_failures}"] if run.options.max_failures else []
    with undisturbed():
        return int(pytest.main([*folders, *places, *ALONE, *enough], plugins=[*plugins, pytest_plugin]))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Take the variables away by which an environment changes every run of pytest, and put them back."""
    before: dict[str, Any] = {name: os.environ.pop(name) for name in FROM_OUTSIDE if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(before)
