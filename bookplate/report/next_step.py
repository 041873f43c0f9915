"""The last line of a run: what its reader does next."""

from collections.abc import Mapping
from typing import Any

from ..laws.verdict import UNCHECKED


def next_step(results: Mapping[str, Any]) -> str:
    """Return what to do about the results, the most urgent thing alone."""
    worst = next(iter(results["causes"]), None)
    if worst is not None and worst["verdict"] in ("error", "failed"):
        return about_failure(results, worst)
    if results["stale"]:
        return "mend the settings: an expectation no longer holds"
    if not results["findings"]:
        return "name laws or operations that there are: --list shows all"
    if results["unchecked"]:
        return about_unchecked(results["unchecked"][0])
    if results["exit_code"] == 1:
        return "mend what is only recommended, or leave --strict out"
    return about_success(results)


def about_failure(results: Mapping[str, Any], worst: Mapping[str, Any]) -> str:
    finding = results["findings"][worst["findings"][0]]
    if worst["verdict"] == "error":
        return "report this error of the suite, with report.json"
    where = f" at {finding['operation']}" if finding["operation"] else ""
    again = f", then run: {finding['again']}" if finding["again"] else ""
    return f"mend {finding['rule']}{where}{again}"


def about_unchecked(group: Mapping[str, Any]) -> str:
    """Return what makes the most laws checkable. A reason ends with what to write."""
    _, colon, remedy = " ".join(group["reason"].split()).rpartition(": ")
    if not colon:
        return (
            f"see below NOT CHECKED why {' and '.join(group['rules'][:2])} could not be checked, and check more of it"
        )
    places = "one more place" if group["count"] == 1 else f"{group['count']:,} more places"
    return f"have {places} checked: {remedy}"


def about_success(results: Mapping[str, Any]) -> str:
    if results["verdict"] == "passed":
        return "check everything: leave the selection out"
    if results["missing"]:
        return "let the suite in where it was refused, so that more operations answer 2xx"
    if results["exit_code"] == UNCHECKED:
        return "describe the operations of the service below paths: the document has none"
    if results["summary"]["warned"]:
        return "read the warnings: --strict lets them fail"
    return "run this at every change"
