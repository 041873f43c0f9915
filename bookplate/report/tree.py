"""The tree of results that every report is made from; its form is report.schema.json."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..contract.document import Document
from ..contract.operation import Operation
from ..laws.generated import FuzzingResult
from ..laws.law import Law
from ..laws.verdict import Finding, Verdict
from .causes import causes_of
from .rules import rule_as_data

VERSION = 3
WORDS = {0: "conformant", 1: "not conformant", 2: "error", 3: "not fully checked", 130: "interrupted"}
PASSED = "passed"  # what a run says that looked at a part of the laws or operations, where nothing is wrong
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|(?<=Bearer )[A-Za-z0-9._~+/=-]{12,}")


def tree(
    document: Document,
    laws: Iterable[Law],
    findings: Iterable[Finding],
    fuzzing: FuzzingResult,
    *,
    run: Mapping[str, Any],
    stale: Sequence[str] = (),
    missing: Sequence[str] = (),
    is_whole: bool = True,
) -> dict[str, Any]:
    """
    Return all results as plain data, without secrets.

    `missing` is what keeps the service from being called conformant, which only a run claims that `is_whole`.
    """
    findings, known = list(findings), {law.id: law for law in laws}
    operations = {operation.id: operation for operation in document.operations}
    rows = [as_data(finding) for finding in findings]
    counts = Counter(finding["verdict"] for finding in rows)
    results = {
        "version": VERSION,
        "verdict": PASSED if run["exit_code"] == 0 and not is_whole else WORDS.get(run["exit_code"], "error"),
        **run,
        "document": {
            "path": document.location,
            "version": document.info.version,
            "notices": [str(notice) for notice in document.notices],
        },
        "summary": {verdict.word: counts[verdict.word] for verdict in Verdict},
        "in_part": sum(finding.is_in_part for finding in findings),
        "missing": list(missing),
        "rules": [rule_as_data(rule) for rule in known.values() if any(f["rule"] == rule.id for f in rows)],
        "findings": rows,
        "causes": [cause.as_data() for cause in causes_of(findings, known, operations)],
        "unchecked": unchecked(rows),
        "parts": parts(rows),
        "coverage": [coverage(operation, fuzzing) for operation in document.operations],
        "stale": list(stale),
    }
    clean: dict[str, Any] = redacted(results, fuzzing.secrets)
    return clean


def as_data(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule_id,
        "operation": finding.operation_id,
        "verdict": finding.verdict.word,
        "level": finding.level,
        "reason": finding.reason,
        "tested": [*finding.tested],
        "not_tested": [*finding.not_tested],
        "guesses": [*finding.guesses],
        "observed": finding.observed,
        "expected": finding.expected,
        "cause": finding.cause,
        "phase": finding.phase,
        "exchanges": [*finding.exchanges],
        "smallest": finding.smallest,
        "found_with": [*finding.found_with],
        "line": finding.line,
        "logged": finding.logged,
        "log": finding.log,
        "curl": finding.curl,
        "again": finding.again,
        "seconds": round(finding.seconds, 4),
    }


def unchecked(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Group what was not checked by its reason, whatever the law: the reason that costs most comes first."""
    left = {index: each for index, each in enumerate(findings) if each["verdict"] == Verdict.NOT_CHECKED.word}
    # A reason that names its operation is one reason for all of them, also where another operation gives it.
    kinds = {each["cause"]: kind for each in left.values() if (kind := without_operation(each)) != each["cause"]}
    grouped: dict[str, dict[str, Any]] = {}
    for index, finding in left.items():
        kind = kinds.get(finding["cause"], finding["cause"])
        group = grouped.setdefault(kind, {"reason": finding["reason"], "count": 0, "rules": [], "findings": []})
        group["count"] += 1
        group["findings"].append(index)
        if finding["rule"] not in group["rules"]:
            group["rules"].append(finding["rule"])
    return sorted(grouped.values(), key=lambda group: (-group["count"], group["reason"]))


def without_operation(finding: Mapping[str, Any]) -> str:
    """Return the cause of a finding with a mark in place of its operation's name."""
    cause: str = finding["cause"]
    return cause.replace(finding["operation"], "#") if finding["operation"] else cause


def parts(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Group what passed in part: findings of one rule with the same parts are one entry."""
    grouped: dict[tuple[str, ...], dict[str, Any]] = {}
    for finding in findings:
        if finding["verdict"] == Verdict.PASSED.word and finding["not_tested"]:
            key = (finding["rule"], *finding["tested"], "", *finding["not_tested"])
            entry = {name: finding[name] for name in ("rule", "tested", "not_tested")}
            grouped.setdefault(key, {**entry, "operations": []})["operations"].append(finding["operation"])
    return sorted(grouped.values(), key=lambda entry: (entry["rule"], entry["tested"], entry["not_tested"]))


ORDER = {verdict.word: int(verdict) for verdict in Verdict}


def cells(results: Mapping[str, Any]) -> dict[tuple[str | None, str], list[int]]:
    """Return the findings on each operation and group of rules: those with the worst verdict, by their indices."""
    worst: dict[tuple[str | None, str], list[int]] = {}
    for index, finding in enumerate(results["findings"]):
        cell = worst.setdefault((finding["operation"], finding["rule"].partition("-")[0]), [])
        known = ORDER[results["findings"][cell[0]]["verdict"]] if cell else -1
        if ORDER[finding["verdict"]] > known:
            cell.clear()
        if ORDER[finding["verdict"]] >= known:
            cell.append(index)
    return worst


def coverage(operation: Operation, fuzzing: FuzzingResult) -> dict[str, Any]:
    seen = [(status, media, n) for (name, status, media), n in fuzzing.observed.items() if name == operation.id]
    return {
        "operation": operation.id,
        "method": operation.method,
        "path": operation.path,
        "tag": operation.tag,
        "cases": fuzzing.cases[operation.id],
        "generated_2xx": fuzzing.generated_2xx[operation.id],
        "observed": [{"status": status, "media_type": media, "count": n} for status, media, n in sorted(seen)],
    }


def redacted(node: Any, secrets: Mapping[str, str]) -> Any:
    """Return the data with names for secrets: those the campaign knows, and whatever looks like a token."""
    if isinstance(node, dict):
        return {key: redacted(member, secrets) for key, member in node.items()}
    if isinstance(node, list):
        return [redacted(member, secrets) for member in node]
    if not isinstance(node, str):
        return node
    for value in sorted(secrets, key=len, reverse=True):
        node = node.replace(value, secrets[value])
    return TOKEN.sub("$TOKEN", node)
