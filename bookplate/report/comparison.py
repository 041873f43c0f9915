"""What has changed since an earlier run: which failures are new, which are fixed, which are still there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..laws.verdict import Verdict
from ..target.config import SetUpError
from .causes import EXPECTED
from .tree import VERSION

Place = tuple[str, str | None]  # a rule, and the operation that it was tried at
# The kinds of change, by the words of the terminal.
KINDS = {
    "new": "new",
    "fixed": "fixed",
    "still_failing": "still failing",
    "not_known": "failed then, not checked now",
}
MOST_NAMED = 6


@dataclass(frozen=True)
class Earlier:
    """The results of an earlier run, and the file that they were read from."""

    path: Path
    results: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Earlier":
        """Return what a report.json says; SetUpError as `read_report` raises it."""
        return cls(path, read_report(path))


def read_report(path: Path) -> dict[str, Any]:
    """Return the report.json of a run; SetUpError says in one line why a file is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SetUpError(f"{path}: {problem.strerror}: name the report.json of a run") from problem
    except (ValueError, RecursionError) as problem:
        raise SetUpError(f"{path} is no JSON: name the report.json of a run") from problem
    if not isinstance(data, dict) or not isinstance(data.get("findings"), list):
        raise SetUpError(f"{path} is no report of a run: name the report.json of one")
    if data.get("version") != VERSION:
        raise SetUpError(
            f"{path} is a report of version {data.get('version')}, and this is version {VERSION}: make it anew"
        )
    return data


def comparison(results: Mapping[str, Any], earlier: Earlier) -> dict[str, Any]:
    """
    Return what has changed from an earlier run to this one.

    A failure is fixed only where its law was tried again and nothing of it failed. A failure that the settings expect is
    a failure here.
    """
    before, now = broken(earlier.results), broken(results)
    tried = {place for place, verdict in verdicts(results) if verdict in (Verdict.PASSED.word, Verdict.WARNED.word)}
    gone = [place for place in before if place not in now]
    kinds = {
        "new": [place for place in now if place not in before],
        "fixed": [place for place in gone if place in tried],
        "still_failing": [place for place in now if place in before],
        "not_known": [place for place in gone if place not in tried],
    }
    return {
        "path": str(earlier.path),
        "started": str(earlier.results.get("started", "")),
        "verdict": str(earlier.results.get("verdict", "")),
        **{kind: [{"rule": rule, "operation": name} for rule, name in kinds[kind]] for kind in KINDS},
    }


def verdicts(results: Mapping[str, Any]) -> list[tuple[Place, str]]:
    return [((each["rule"], each["operation"]), each["verdict"]) for each in results["findings"]]


def broken(results: Mapping[str, Any]) -> list[Place]:
    """Return where which law failed, each place once, in the order of the report."""
    return list(dict.fromkeys((each["rule"], each["operation"]) for each in results["findings"] if is_broken(each)))


def is_broken(finding: Mapping[str, Any]) -> bool:
    """Whether a finding is a failure, also one that the settings expect."""
    is_expected = finding["verdict"] == Verdict.WARNED.word and str(finding["reason"]).startswith(EXPECTED)
    return finding["verdict"] == Verdict.FAILED.word or is_expected


def comparison_lines(results: Mapping[str, Any]) -> list[str]:
    """Return a line for each kind of change, with its first places; no line where nothing was compared."""
    compared = results.get("comparison")
    if compared is None:
        return []
    when = f" of {compared['started']}" if compared["started"] else ""
    lines = [f"compared with {compared['path']}{when}:"]
    for kind, words in KINDS.items():
        places = [named(place) for place in compared[kind]]
        if places or kind != "not_known":
            more = f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
            shown = f": {', '.join(places[:MOST_NAMED])}{more}" if places else ""
            lines.append(f"  {len(places)} {words}{shown}")
    return lines


def named(place: Mapping[str, Any]) -> str:
    """Return a place by the name that the settings have for it, such as `PAGE-01 list_books`."""
    return f"{place['rule']} {place['operation']}" if place["operation"] else str(place["rule"])
