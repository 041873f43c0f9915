"""The pytest plugin: one item for each rule and operation, in the order of the run."""

import random
from pathlib import Path
from typing import Any

import pytest

from .contract.operation import Operation
from .laws.law import Law
from .laws.verdict import Finding, Verdict
from .run import FROM_FUZZING, Run
from .target.config import SetUpError

QUIET = ("-s", "-p", "no:terminal", "-p", "no:cacheprovider", "--disable-plugin-autoload")
FOLDER = Path(__file__).parent / "laws"


class Findings:
    """Gives pytest an item for each rule and operation, and keeps what they found."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.found: list[Finding] = []
        self.stopped: SetUpError | None = None

    def play(self) -> list[Finding]:
        """Let pytest run every item; raise SetUpError where the run could not go on."""
        # The project's own pytest settings are for its own tests.
        code = pytest.main([str(FOLDER), f"--rootdir={FOLDER}", "-c", "/dev/null", *QUIET], plugins=[self])
        if self.stopped is not None:
            raise self.stopped
        if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
            raise SetUpError("pytest could not run the rules: its own message stands above")
        if code == pytest.ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        for rule in self.run.rules():
            self.found += self.run.afterthoughts(rule, self.found)
        return self.found + [f for f in self.run.known_fuzzing.findings if f.verdict is Verdict.ERROR]

    def pytest_collection(self, session: pytest.Session) -> bool:
        items: list[RuleItem] = []
        for rule in self.run.rules():
            for operation in [None] if rule.kind == "document" else self.run.operations(rule):
                name = f"{rule.id}[{operation.id}]" if operation else rule.id
                items.append(RuleItem.from_parent(session, name=name, told=(rule, operation, self)))
        if self.run.options.shuffled is not None:
            random.Random(self.run.options.shuffled).shuffle(items)
            # What looks at the campaign and at all traffic comes last in any order.
            items.sort(key=lambda item: item.rule.kind in FROM_FUZZING)
        session.items[:] = items
        session.testscollected = len(items)
        return True


class RuleItem(pytest.Item):
    """One rule for one operation, or for the document."""

    def __init__(self, *, told: tuple[Law, Operation | None, Findings], **options: Any) -> None:
        super().__init__(**options)
        self.rule, self.operation, self.findings = told

    def runtest(self) -> None:
        run = self.findings.run
        run.progress(self.name, 0)
        try:
            self.findings.found += run.check(self.rule, self.operation)
        except SetUpError as problem:
            self.findings.stopped = problem
            pytest.exit(str(problem))
