"""The laws of the document itself, which need no service: `SPEC-01` and those like it."""

import re
from collections.abc import Iterator

from ..contract.document import Document
from ..contract.validity import mistakes
from ..laws.catalogue import Catalogue
from ..laws.law import DocumentLaw
from ..laws.verdict import NotExercised
from ..target.config import SetUpError
from ..wire.outcomes import Violation
from .finding import ERROR, Finding

# This law ends at the first mistake of a document, and a linter lists them all.
VALIDITY = "SPEC-01"
PLACED = re.compile(r"(?P<place>.+?:\d+): (?P<message>.*)", re.DOTALL)


def check_laws(document: Document) -> Iterator[Finding]:
    """Yield what breaks a law of the document itself. Raises SetUpError where a law cannot read a valid document."""
    try:
        invalid = [Finding(ERROR, mistake.place, f"{VALIDITY}: {mistake.text}") for mistake in mistakes(document)]
    except Exception as problem:
        raise SetUpError(f"{document.location} cannot be checked: {problem!r}") from problem
    yield from invalid
    yield from (Finding(ERROR, remark.place, remark.text) for remark in (*document.old_names, *document.contradictions))
    for law in (law for law in Catalogue.shipped() if isinstance(law, DocumentLaw)):
        try:
            yield from violations(law, document) if law.id != VALIDITY else ()
        except Exception as problem:
            # What is no OpenAPI can stop a law, which is then asked once the mistakes are mended.
            if not invalid:
                raise SetUpError(f"{law.id} cannot read {document.location}: {problem!r}") from problem


def violations(law: DocumentLaw, document: Document) -> Iterator[Finding]:
    """Yield what breaks one law, at its line or else at the line of the law's source."""
    try:
        law.function(document)
    except NotExercised:
        return
    except Violation as violation:
        placed = PLACED.fullmatch(violation.observed)
        where = placed["place"] if placed else document.where(law.source.removeprefix("#"))
        message = placed["message"] if placed else violation.observed
        yield Finding(ERROR, where, f"{law.id}: {message} (expected: {violation.expected})")
