"""What the settings say cannot be helped: known failures and answers never given, with a reason and an end."""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..contract.document import Document
from ..contract.media_range import is_covered
from ..contract.operation import Operation
from .verdict import SHOULD, Finding, Verdict

# Names of the settings, each with a reason and the date `until` which it holds.
Entries = Mapping[str, Mapping[str, Any]]
Answer = tuple[str, int, str]  # operation, status, media type


def expect(findings: Iterable[Finding], expected: Entries, today: datetime.date) -> tuple[list[Finding], list[str]]:
    """
    Return the findings with expected failures turned into warnings, and what is stale.

    An expectation is stale when it has expired, or when what it expects to fail has passed.
    """
    adjusted, stale = [], []
    for finding in findings:
        name = name_of(finding)
        entry = expected.get(name)
        if entry and entry["until"] < today:
            stale.append(f"'{name}' expired on {entry['until']}: mend the failure or renew the expectation")
        elif entry and finding.verdict is Verdict.PASSED:
            stale.append(f"'{name}' is expected to fail and passed: remove the expectation")
        elif entry and finding.verdict is Verdict.FAILED:
            finding = replace(finding, verdict=Verdict.WARNED, reason=f"expected: {entry['reason']}")
        adjusted.append(finding)
    return adjusted, stale


def is_off(law_id: str, rules: Entries) -> bool:
    """Whether the settings switch a law off today; what has expired does not count."""
    entry = rules.get(law_id)
    return entry is not None and entry["level"] == "off" and entry["until"] >= datetime.date.today()


def lowered(findings: Iterable[Finding], rules: Entries, today: datetime.date) -> tuple[list[Finding], list[str]]:
    """
    Return the findings with those of lowered laws as what SHOULD be, and what has expired of the settings' [rules].

    A law that is lowered warns where it fails, and need not be checked.
    """
    adjusted = []
    for finding in findings:
        entry = rules.get(finding.rule_id)
        if entry and entry["level"] == SHOULD and entry["until"] >= today:
            failed = finding.verdict is Verdict.FAILED
            finding = replace(finding, level=SHOULD, verdict=Verdict.WARNED if failed else finding.verdict)
        adjusted.append(finding)
    expired = [(name, entry["until"]) for name, entry in rules.items() if entry["until"] < today]
    return adjusted, [f"[rules] '{name}' expired on {until}: mend it or renew it" for name, until in sorted(expired)]


def name_of(finding: Finding) -> str:
    """Return the name by which the settings expect a finding: `PAGE-01 list_books`, or `SPEC-01` for the document."""
    return f"{finding.rule_id} {finding.operation_id}" if finding.operation_id else finding.rule_id


def unobserved(
    document: Document, observed: Iterable[Answer], excuses: Entries, today: datetime.date
) -> tuple[dict[str, list[str]], list[str]]:
    """
    Return what each operation documents and was never seen to answer, and which excuses for that are stale.

    An excuse is stale when it has expired, or when there is nothing that it excuses.
    """
    good = {name for name, entry in excuses.items() if entry["until"] >= today}
    used: set[str] = set()
    seen: dict[tuple[str, int], set[str]] = {}
    for name, code, media_type in observed:
        seen.setdefault((name, code), set()).add(media_type)
    missing: dict[str, list[str]] = {operation.id: [] for operation in document.operations}
    for operation in document.operations:
        for status, media in documented(operation):
            answered = [
                seen[operation.id, code] for code in operation.response(status).statuses if (operation.id, code) in seen
            ]
            if any(is_among(media, media_types) for media_types in answered):
                continue
            excusing = {f"{operation.id} {status}", f"* {status}"} & good
            used |= excusing
            if not excusing:
                where = document.where(f"{operation.pointer}/responses/{status}")
                missing[operation.id].append(f"{status}{f' as {media}' if media else ''} ({where})")
    stale = [f"'{name}' expired on {excuses[name]['until']}" for name in excuses.keys() - good]
    stale += [f"'{name}' excuses nothing: everything it names was observed" for name in good - used]
    return missing, [f"[unobserved] {text}" for text in sorted(stale)]


def documented(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield each status and range that an operation documents, with each media type that it comes in."""
    for status, answer in operation.responses.items():
        if not answer.is_default:
            yield from ((status, media.lower()) for media in answer.content or ("",))


def is_among(documented_as: str, media_types: Iterable[str]) -> bool:
    """Tell whether a media type or range was seen; where no content is documented, the status alone is promised."""
    return not documented_as or any(is_covered(documented_as, media_type) for media_type in media_types)
