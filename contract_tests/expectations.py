"""Known failures of an implementation: its own property, with a reason and an end."""

import datetime
from collections.abc import Iterable
from dataclasses import replace

from .config import Config
from .verdict import Finding, Verdict


def expect(findings: Iterable[Finding], config: Config, today: datetime.date) -> tuple[list[Finding], list[str]]:
    """
    Return the findings with expected failures turned into warnings, and what is stale.

    An expectation is stale when it has expired, or when what it expects to fail has passed.
    """
    told, stale = [], []
    for finding in findings:
        name = f"{finding.rule_id} {finding.operation_id}"
        entry = config.expected.get(name)
        if entry is None:
            told.append(finding)
        elif entry["until"] < today:
            stale.append(f"'{name}' expired on {entry['until']}: mend the failure or renew the expectation")
            told.append(finding)
        elif finding.verdict is Verdict.PASSED:
            stale.append(f"'{name}' is expected to fail and passed: remove the expectation")
            told.append(finding)
        elif finding.verdict is Verdict.FAILED:
            told.append(replace(finding, verdict=Verdict.WARNED, reason=f"expected: {entry['reason']}"))
        else:
            told.append(finding)
    return told, stale
