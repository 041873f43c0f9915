"""The page of a law as HTML, for readers of a report that has no network."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from ..laws.owasp import address, title
from .linking import linked, policy, visible
from .rules import mend


def rule_page(rule: Mapping[str, Any]) -> str:
    """Return the page of a law as HTML, which stands beside a report."""
    source = (files(__package__) / "rule.html.j2").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, finalize=visible, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(linked=linked)
    return environment.from_string(source).render(
        rule,
        policy=policy(source),
        owasp_links=[(title(number), address(number)) for number in rule["owasp"]],
        mend=mend(rule),
    )
