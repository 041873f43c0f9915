"""The command `bookplate explain RULE`: what a law says, why, where it applies, and what it is proved to find."""

import argparse
import difflib
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from .arguments import Parser
from .contract.document import Document
from .laws.catalogue import Catalogue
from .laws.law import DocumentLaw, Law
from .laws.owasp import title
from .options import REFERENCE, ended
from .target.config import SetUpError
from .target.target import find_config

COMMAND = "bookplate explain"
WIDTH = 100


def explain(arguments: Sequence[str]) -> int:
    """Run the command with these arguments; return 0, or 2 where there is no such rule."""
    options = parser().parse_args(arguments)
    return ended(COMMAND, lambda: show(options))


def parser() -> Parser:
    parser = Parser(
        prog=COMMAND,
        description="Say what a rule is about, why it matters, where it applies and which faults it finds.",
    )
    parser.add_argument("rule", metavar="RULE", help="its id, such as PAGE-01")
    parser.add_argument("--document", metavar="FILE", help="say to which operations of this document it applies")
    parser.add_argument("--config", metavar="FILE", help="the bookplate.toml that names the document")
    parser.add_argument("--overlay", metavar="FILE", help="an OpenAPI Overlay to lay over the document")
    parser.add_argument("--laws", type=Path, action="append", default=[], metavar="DIR", help="look in this folder too")
    return parser


def show(options: argparse.Namespace) -> int:
    """Print what is to be said of a rule."""
    catalogue = Catalogue.with_own(options.laws)
    law = law_named(options.rule.upper(), catalogue)
    print("\n".join(explained(law, document_of(options))))
    return 0


def law_named(law_id: str, catalogue: Catalogue) -> Law:
    """Return the law of an id; SetUpError names the nearest ids where there is none."""
    if law_id in catalogue:
        return catalogue[law_id]
    nearest = difflib.get_close_matches(law_id, [law.id for law in catalogue], 3, 0)
    raise SetUpError(f"there is no rule {law_id}: the nearest are {', '.join(nearest)}")


def document_of(options: argparse.Namespace) -> Document | None:
    """Return the document that was named, or that a bookplate.toml names; None where there is none."""
    config = find_config(REFERENCE, options.config)
    path = options.document or config.document
    if not options.document and isinstance(path, Path) and not path.is_file():
        return None
    return Document.load(path, options.overlay or config.overlay)


def explained(law: Law, document: Document | None) -> Iterator[str]:
    """Yield the lines that explain a law."""
    yield f"{law.id}  {law.level}  {law.severity.word}  {law.kind}"
    yield from textwrap.wrap(law.text, WIDTH)
    for paragraph in law.details.split("\n\n"):
        yield ""
        yield from textwrap.wrap(paragraph, WIDTH)
    if law.why:
        yield ""
        yield from textwrap.wrap(f"Why it matters: {law.why}", WIDTH)
    yield ""
    facts = (
        ("source", law.source),
        ("OWASP", "; ".join(map(title, law.owasp))),
        ("applies to", applies_to(law, document)),
        ("file", f"{law.file}:{law.line}"),
    )
    for name, text in facts if law.owasp else (facts[0], *facts[2:]):
        yield from textwrap.wrap(f"{name:<12}{text}", WIDTH, subsequent_indent=" " * 12, break_long_words=False)
    yield ""
    yield f"It is proved to find {len(law.faults)} fault{'' if len(law.faults) == 1 else 's'}:"
    for fault in law.faults:
        yield f"  {fault.name}"
        description = " ".join(fault.description.split())
        yield from textwrap.wrap(description, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
    yield ""
    yield from ways_to_mend(law)


def ways_to_mend(law: Law) -> Iterator[str]:
    """Yield the steps from a failure to a service that keeps the law, as the law's page has them."""
    # What the reports import takes longer than reading the laws.
    from .report.rules import mend, rule_as_data

    yield "How to mend it:"
    for step in mend(rule_as_data(law)):
        yield from textwrap.wrap(step, WIDTH, initial_indent="  - ", subsequent_indent="    ")


def applies_to(law: Law, document: Document | None) -> str:
    """Return to what of a document a law applies, in words where there is no document."""
    if isinstance(law, DocumentLaw):
        return "the document" if document is None else f"the document, {document.location}"
    if document is None:
        return "operations of your document: --document FILE says which"
    names = [operation.id for operation in document.operations if law.applies(operation)]
    counted = f"{len(names)} of {len(document.operations)} operations of {document.location}"
    return f"{counted}: {', '.join(names)}" if 0 < len(names) < len(document.operations) else counted
