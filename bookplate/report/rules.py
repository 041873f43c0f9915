"""What every report says of a law, and the page of a law: the text that `bookplate explain` prints, for readers of a report."""

import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from ..laws.law import Law
from ..laws.owasp import address, title

WIDTH = 118  # of a line, so that it can be read in an editor
RFC = re.compile(r"RFC (\d+)(?:, (?:sections? |appendix )([\w.]+))?")
FOLDER = "rules"


def rule_as_data(rule: Law) -> dict[str, Any]:
    """Return a law as plain data."""
    return {
        "id": rule.id,
        "level": rule.level,
        "severity": rule.severity.word,
        "kind": rule.kind,
        "law": rule.text,
        "details": rule.details,
        "why": rule.why,
        "mending": rule.mending,
        "mistakes": [" ".join(fault.description.split()) for fault in rule.faults],
        "source": rule.source,
        "owasp": [*rule.owasp],
        "file": rule.file,
        "line": rule.line,
        "page": f"{FOLDER}/{rule.id}.html",
        "since": rule.since,
    }


def rule_markdown(rule: Mapping[str, Any], *, notice: str = "", file: str = "", applies_to: str = "") -> str:
    """
    Return the page of a law as Markdown.

    `notice` stands below the heading, `file` is the link to the law's file where there is one, and `applies_to` says where
    it applies, if that is known.
    """
    facts = [f"- {rule['level']}, {rule['severity']}, tried as {rule['kind']}, since {rule['since']}"]
    facts += [f"- OWASP: [{title(number)}]({address(number)})" for number in rule["owasp"]]
    facts += [item("- Source: ", sourced(source)) for source in rule["source"].split("; ")]
    facts += [f"- Applies to: {applies_to}"] if applies_to else []
    facts += [f"- File: {file or code(rule['file'])}"]
    lines = [f"# {rule['id']}", "", *([notice] if notice else []), item("", f"**{rule['law']}**"), "", *facts, ""]
    for paragraph in filter(None, rule["details"].split("\n\n")):
        lines += [item("", paragraph), ""]
    if rule["why"]:
        lines += ["## Why it matters", "", item("", capitalized(rule["why"])), ""]
    if rule["mistakes"]:
        lines += ["## Usual mistakes", "", item("", MISTAKES), ""]
        lines += [*(item("- ", mistake) for mistake in rule["mistakes"]), ""]
    lines += ["## How to mend it", "", *(item("1. ", step) for step in mend(rule))]
    return "\n".join(lines) + "\n"


MISTAKES = "A service that does one of these breaks the law, and the suite is proved to find it:"


def mend(rule: Mapping[str, Any]) -> Iterable[str]:
    """Return the steps from a failure to a service that keeps the law; `mending` is what the law itself says of it."""
    find = "Run the script of the report against the service, and compare what it answers with what was expected."
    if rule["kind"] == "document":
        find = "Look at the line of the document that the report names."
    yield find
    # A report of an earlier release has none, nor need a law of somebody's own.
    yield capitalized(
        rule.get("mending") or "change the service, or the document where that promises what nobody meant."
    )
    yield f"Check this law alone: `bookplate check TARGET --rule {rule['id']}`."


def item(mark: str, text: str) -> str:
    """Return a text behind the mark of a list, with its further lines under its first word."""
    return textwrap.fill(mark + text, WIDTH, subsequent_indent=" " * len(mark), break_on_hyphens=False)


def capitalized(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def code(text: str) -> str:
    return f"`{text}`"


def sourced(source: str) -> str:
    """Return a source as Markdown, with a link to where it can be read."""
    if found := RFC.match(source):
        number, section = found.groups()
        part = "" if section is None else f"#{'appendix' if 'appendix' in source else 'section'}-{section}"
        return f"[{source}](https://www.rfc-editor.org/rfc/rfc{number}{part})"
    if source.startswith("draft-"):
        return f"[{source}](https://datatracker.ietf.org/doc/{source.partition(',')[0]})"
    return source
