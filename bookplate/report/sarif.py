"""SARIF: failures and warnings at lines of the document, for code scanning (SARIF 2.1.0, OASIS)."""

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from .. import __version__
from ..laws.owasp import title
from ..laws.verdict import MUST, SET_UP_ERROR
from .causes import EXPECTED
from .repository import in_repository
from .rules import rule_markdown
from .terminal import printable

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"failed": "error", "warned": "warning"}
# What code scanning sorts by (CVSS, 0 to 10): somebody sees what they may not, or something is lost.
SECURITY_SEVERITY = {"security": "8.5"}


def sarif(runs: Sequence[Mapping[str, Any]], names: Sequence[str] = (), workspace: str = "") -> str:
    """
    Return the results of runs, one for each service, as SARIF; a service without a name has that of its target.

    `workspace` is the folder of the repository in a workflow: code scanning reads the paths of files from there.
    """
    named = zip(runs, names or [results["target"] for results in runs], strict=True)
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run_of(results, name, workspace) for results, name in named]}
    return json.dumps(log, indent=1, ensure_ascii=True) + "\n"


def run_of(results: Mapping[str, Any], name: str, workspace: str) -> dict[str, Any]:
    """Return a run with the findings of its report that failed or warned, and the rules of those."""
    named = {finding["rule"] for finding in results["findings"] if finding["verdict"] in LEVELS}
    rules = [rule for rule in results["rules"] if rule["id"] in named]
    indices = {rule["id"]: index for index, rule in enumerate(rules)}
    new = {(each["rule"], each["operation"]) for each in results.get("comparison", {}).get("new", ())}
    found = []
    for finding in results["findings"]:
        if finding["verdict"] in LEVELS:
            result = result_of(finding, indices, results, workspace)
            if "comparison" in results:
                result["baselineState"] = "new" if (finding["rule"], finding["operation"]) in new else "unchanged"
            found.append(result)
    return {
        "tool": {"driver": driver(rules)},
        "automationDetails": {"id": f"bookplate/{printable(name)}"},
        "invocations": [invocation(results)],
        "results": found,
    }


def driver(rules: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "name": "bookplate",
        "semanticVersion": __version__,
        "rules": [described(rule) for rule in rules],
    }


def described(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a law as a rule of SARIF, with its page as the help of the rule."""
    properties: dict[str, Any] = {
        "tags": [rule["severity"], rule["id"].partition("-")[0], *(f"OWASP {title(each)}" for each in rule["owasp"])]
    }
    if rule["severity"] in SECURITY_SEVERITY:
        properties["security-severity"] = SECURITY_SEVERITY[rule["severity"]]
    page = rule_markdown(rule)
    return {
        "id": rule["id"],
        "shortDescription": {"text": rule["law"] or rule["id"]},
        "fullDescription": {"text": rule["why"] or rule["law"] or rule["id"]},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": "error" if rule["level"] == MUST else "warning"},
        "properties": properties,
    }


def result_of(
    finding: Mapping[str, Any], indices: Mapping[str, int], results: Mapping[str, Any], workspace: str
) -> dict[str, Any]:
    """Return a finding as a result of SARIF; one that the settings expect is suppressed, with their reason."""
    rules = {rule["id"]: rule for rule in results["rules"]}
    rule = rules.get(finding["rule"])
    observed = finding["observed"] or finding["reason"]
    expected = f"\nexpected: {finding['expected']}" if finding["expected"] else ""
    page = f"\npage of the law: {rule['page']}" if rule else ""
    result: dict[str, Any] = {
        "ruleId": finding["rule"],
        "level": LEVELS[finding["verdict"]],
        "message": {"text": printable(f"{observed}{expected}{page}")},
        "locations": [location(finding, results, workspace)],
        "partialFingerprints": {"bookplate/v1": fingerprint(finding)},
        "properties": {"again": finding["again"], "curl": printable(finding["curl"])},
    }
    if rule:
        result["ruleIndex"] = indices[finding["rule"]]
    if finding["reason"].startswith(EXPECTED):
        result["level"] = "error"
        result["suppressions"] = [{"kind": "external", "justification": finding["reason"].removeprefix(EXPECTED)}]
    return result


def location(finding: Mapping[str, Any], results: Mapping[str, Any], workspace: str) -> dict[str, Any]:
    """Return the line of the document, with the operation."""
    file, _, line = finding["line"].rpartition(":")
    if not line.isdigit():
        file, line = finding["line"] or results["document"]["path"], "1"
    file = in_repository(file, workspace)
    place: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": uri(file)}, "region": {"startLine": max(int(line), 1)}}
    }
    if finding["operation"]:
        place["logicalLocations"] = [{"name": finding["operation"], "kind": "function"}]
    return place


def uri(file: str) -> str:
    """Return the URI reference of a file or of an address."""
    if "://" in file:
        return quote(file, safe=":/?#[]@!$&'()*+,;=%~-._", errors="replace")
    return (
        PurePath(file).as_uri() if PurePath(file).is_absolute() else quote(PurePath(file).as_posix(), errors="replace")
    )


def fingerprint(finding: Mapping[str, Any]) -> str:
    """Return what stays the same from run to run: the law and the operation."""
    place = f"{finding['rule']} {finding['operation'] or ''}"
    return hashlib.sha256(place.encode()).hexdigest()


def invocation(results: Mapping[str, Any]) -> dict[str, Any]:
    started = datetime.datetime.fromisoformat(results["started"])
    ended = started + datetime.timedelta(seconds=results["seconds"])
    errors = [finding for finding in results["findings"] if finding["verdict"] == "error"]
    return {
        "commandLine": printable(results["command"]),
        "executionSuccessful": results["exit_code"] != SET_UP_ERROR,
        "exitCode": results["exit_code"],
        "startTimeUtc": at(started),
        "endTimeUtc": at(ended),
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": printable(finding["reason"]) or "an error of the suite"}}
            for finding in errors
        ],
    }


def at(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
