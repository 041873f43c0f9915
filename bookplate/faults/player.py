"""Plays laws, one at a time and as often as asked, inside a session of pytest."""

from collections.abc import Callable

import pytest
from _pytest.runner import runtestprotocol

from ..checking import Embedded, run_pytest
from ..contract.operation import Operation
from ..laws.law import Law
from ..laws.verdict import Finding
from ..pytest_plugin import FINDINGS, law_of_item, operation_of
from ..run import Run
from ..target.config import SetUpError


class Player:
    """A plugin that runs no item by itself: `work` decides which laws are tried, while pytest's session lasts."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.work = work
        self.items: dict[tuple[str, str], pytest.Item] = {}

    def run(self, run: Run) -> None:
        """Let pytest collect the laws of a run, and do the work; raises SetUpError where they cannot be collected."""
        embedded = Embedded(run)
        if run_pytest(run, embedded, self) != pytest.ExitCode.OK:
            raise SetUpError(embedded.stopped or "pytest could not collect the laws: its own message stands above")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            law, operation = law_of_item(item), operation_of(item)
            if law is not None and operation is not None:
                self.items[law.id, operation.id] = item
        self.work()
        return True

    def play(self, law: Law, operation: Operation) -> list[Finding]:
        """
        Try a law on an operation and return what was found.

        Raises SetUpError where the run could not go on.
        """
        item = self.items[law.id, operation.id]
        # An item of another file comes next in name, so that this file's fixtures end and the session's stay.
        following = next(other for other in self.items.values() if other.path.parent != item.path.parent)
        findings = item.config.stash[FINDINGS]
        findings.clear()
        try:
            runtestprotocol(item, log=False, nextitem=following)
        except pytest.exit.Exception as problem:
            item.session._setupstate.teardown_exact(following)
            raise SetUpError(str(problem)) from problem
        return list(findings)
