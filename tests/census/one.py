"""
One check of the reference, in this process: `python -m tests.census.one FILE [options of a check]`.

It writes the verdict of each law at each operation into the file, and the seconds that each law took.
"""

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bookplate import checking
from bookplate.cli import judged, parser
from bookplate.laws.verdict import Finding
from bookplate.options import REFERENCE, Options, ended
from bookplate.planning import plan
from bookplate.pytest_plugin import law_of_item

WHOLE = "the document"


class Stopwatch:
    """A plugin that adds up how long the items of each law take, with what they set up."""

    def __init__(self) -> None:
        self.seconds = dict[str, float]()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        law = law_of_item(item)
        if law is not None:
            self.seconds[law.id] = self.seconds.get(law.id, 0) + call.duration
        return (yield)


def main(arguments: list[str]) -> int:
    """Make the check; 0 whatever it came to, 2 where it could not be made."""
    file, *options = arguments
    return ended("tests.census.one", lambda: check(Path(file), options))


def check(file: Path, options: list[str]) -> int:
    given = parser().parse_args(["--target", REFERENCE, *options])
    watch = Stopwatch()
    began = time.monotonic()
    run = plan(Options.of(given))
    try:
        findings, _ = judged(run, checking.check(run, watch))
    finally:
        run.stop()
    seconds = time.monotonic() - began
    told = {"seconds": round(seconds, 1), "verdicts": verdicts(findings), "laws": rounded(watch.seconds)}
    file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 0


def verdicts(findings: Iterable[Finding]) -> dict[str, str]:
    """Return the worst verdict of each law at each operation."""
    worst: dict[str, Finding] = {}
    for finding in findings:
        name = f"{finding.rule_id} {finding.operation_id or WHOLE}"
        if name not in worst or finding.verdict > worst[name].verdict:
            worst[name] = finding
    return {name: finding.verdict.word for name, finding in sorted(worst.items())}


def rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {law: round(took, 2) for law, took in sorted(seconds.items())}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
