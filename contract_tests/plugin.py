"""The pytest plugin: one item for each rule and operation, in the order of the run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .config import SetUpError
from .operation import Operation
from .rule import Rule
from .run import Run
from .verdict import Finding, Verdict

QUIET = ("-p", "no:terminal", "-p", "no:cacheprovider", "--disable-plugin-autoload")
FOLDER = Path(__file__).parent / "rules"


class Findings:
    """Collects rules where pytest collects files, and keeps what they found."""

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
        return self.finish()

    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        if path != FOLDER:
            return None
        collector: pytest.Collector = Rules.from_parent(parent, path=path, findings=self)
        return collector

    def finish(self) -> list[Finding]:
        """Return all findings, with those on what was asked without an operation, or of no rule at all."""
        for rule in self.run.rules():
            if rule.kind == "experiment" and rule.checks:
                self.found += [f for f in self.run.known_campaign.findings if f.rule_id == rule.id]
            if rule.kind in ("invariant", "delegated"):
                self.found += self.run.looked_up(rule, None)
                silent = not any(finding.rule_id == rule.id for finding in self.found)
                if silent and self.run.operations(rule):
                    self.found.append(self.run.unlooked(rule))
        self.found += [f for f in self.run.known_campaign.findings if f.verdict is Verdict.ERROR]
        return self.found


class Rules(pytest.Directory):
    """The folder of rules, seen as the items that they make with the document's operations."""

    findings: Findings

    @classmethod
    def from_parent(cls, parent: Any, *, path: Path, findings: Findings) -> Any:  # type: ignore[override]
        made = super().from_parent(parent, path=path)
        made.findings = findings
        return made

    def collect(self) -> Iterator[pytest.Item]:
        run = self.findings.run
        for rule in run.rules():
            for operation in [None] if rule.kind == "document" else run.operations(rule):
                name = f"{rule.id}[{operation.id}]" if operation else rule.id
                item: RuleItem = RuleItem.from_parent(self, name=name)
                item.rule, item.operation, item.findings = rule, operation, self.findings
                yield item


class RuleItem(pytest.Item):
    """One rule for one operation, or for the document."""

    rule: Rule
    operation: Operation | None
    findings: Findings

    def runtest(self) -> None:
        run = self.findings.run
        run.progress(self.name, 0)
        try:
            found = run.check(self.rule, self.operation)
        except SetUpError as problem:
            self.findings.stopped = problem
            pytest.exit(str(problem))
        self.findings.found += found
        worst = max(found, key=lambda finding: finding.verdict, default=None)
        if worst is None:
            pytest.skip("no exchange put it to the test")
        if worst.verdict in (Verdict.FAILED, Verdict.ERROR):
            pytest.fail(worst.observed or worst.reason, pytrace=False)
        if worst.verdict is Verdict.NOT_CHECKED:
            pytest.skip(worst.reason)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name
