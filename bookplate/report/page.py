"""The page: the results for people, in one file that loads nothing and runs no script but its own."""

import base64
import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from .terminal import COUNTED, of_causes, printable
from .tree import cells

OWN = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)
RFC = re.compile(r"RFC (\d+)(?:, sections? ([\d.]*\d))?")


def page(results: Mapping[str, Any]) -> str:
    """Return the results as HTML; whatever stands in them is text."""
    source = (files(__package__) / "report.html.j2").read_text(encoding="utf-8")
    # Each value passes through `visible` before it is escaped.
    environment = Environment(
        autoescape=True, finalize=visible, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(linked=linked, printable=printable)
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


def visible(value: object) -> object:
    """Return a value with its control characters and changes of direction written as escapes."""
    return value if isinstance(value, Markup) else printable(str(value))


def linked(source: str) -> Markup:
    """Return the source of a law with links to the sections of its RFCs."""
    return Markup(RFC.sub(link, str(escape(printable(source)))))


def link(found: re.Match[str]) -> str:
    number, section = found.groups()
    anchor = f"#section-{section}" if section else ""
    return f'<a href="https://www.rfc-editor.org/rfc/rfc{number}{anchor}">{found.group()}</a>'


def policy(source: str) -> str:
    """Return the policy that allows the style and the script of the template, and nothing else."""
    allowed = " ".join(
        f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}';"
        for kind, text in OWN.findall(source)
    )
    return f"default-src 'none'; {allowed} base-uri 'none'; form-action 'none'"


def by_rule_and_verdict(findings: list[Mapping[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """Return where each rule came to each verdict; an operation stands once."""
    operations: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        where = operations[finding["rule"]][finding["verdict"]]
        where += [name for name in [finding["operation"] or "the document"] if name not in where]
    return operations
