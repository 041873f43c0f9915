"""The page: the results for people, in one file that loads nothing and runs no script but its own."""

from collections import defaultdict
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from ..laws.owasp import address, title
from .linking import linked, policy, visible
from .rules import mend
from .terminal import COUNTED, of_causes, printable
from .tree import cells


def page(results: Mapping[str, Any]) -> str:
    """Return the results as HTML; whatever stands in them is text."""
    source = (files(__package__) / "report.html.j2").read_text(encoding="utf-8")
    # Each value passes through `visible` before it is escaped.
    environment = Environment(
        autoescape=True, finalize=visible, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(linked=linked, printable=printable, risk=title, address=address, mend=mend)
    return environment.from_string(source).render(
        results,
        policy=policy(source),
        cells=cells(results),
        entries=entries(results),
        counts={verdict: of_causes(results, verdict) for verdict in COUNTED},
        of_rule=by_rule_and_verdict(results["findings"]),
    )


def entries(results: Mapping[str, Any]) -> dict[int, str]:
    """Return for each finding that did not pass the id of the entry on the page that it stands in."""
    groups = [("cause", results["causes"]), ("reason", results["unchecked"])]
    return {
        index: f"{kind}-{number}"
        for kind, group in groups
        for number, entry in enumerate(group, 1)
        for index in entry["findings"]
    }


def by_rule_and_verdict(findings: list[Mapping[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """Return where each rule came to each verdict; an operation stands once."""
    operations: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        where = operations[finding["rule"]][finding["verdict"]]
        where += [name for name in [finding["operation"] or "the document"] if name not in where]
    return operations
