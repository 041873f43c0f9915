"""ERR-03: errors reveal no internals."""

import re

from bookplate import Severity, expect, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import ERROR, Answer, Request
from bookplate.wire import Exchange

from ._shared import is_error


@invariant("ERR-03", source="OWASP API8:2023", owasp=("API8:2023",), when=is_error, severity=Severity.SECURITY)
def errors_reveal_no_internals(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    An error contains no stack trace, file path, SQL, exception class or credential.

    Text of this kind that the request itself contains may be repeated, but never its credential.

    Why it matters: such details tell an attacker which software runs, where its files are and which query to inject
    into. A credential in an error ends in logs and screenshots.

    To mend it: write a fixed text for each kind of error, and log the exception under the id of the request. Switch
    off the debug mode of the framework. Never put the text of an exception, or a header field of the request, into
    the answer.
    """
    text = exchange.body.decode("utf-8", "replace")
    sent = exchange.url + exchange.request_body.decode("utf-8", "replace")
    credential = (exchange.request_header("authorization") or "").partition(" ")[2]

    revealed = [found.group() for found in INTERNALS.finditer(text) if found.group() not in sent]
    repeats_credential = len(credential) >= SHORTEST_CREDENTIAL and credential in text

    expect.that(not revealed, f"the error shows '{''.join(revealed[:1])[:80]}'", expected="no internals")
    expect.that(not repeats_credential, "the error repeats the credential", expected="no credential")


INTERNALS = re.compile(
    r"Traceback \(most recent call last\)|\bFile \"[^\"]+\", line \d+|\bat [\w.$]+\([\w.]+:\d+\)"
    r"|(?:/usr|/home|/opt|/var|/srv|/root|/app)/[\w.-]+/|site-packages|\b[A-Z]:\\\\\w+"
    r"|(?-i:\bSELECT\b.{1,200}\bFROM\b)|\bselect \*|\bINSERT INTO\b|\bsqlite3?\.|\bpsycopg|\bsqlalchemy\b|\bpsql\b"
    r"|\b(?:\w+\.)+\w*(?:Error|Exception)\b|<class '|\bTypeError\b|\bKeyError\b|\bAttributeError\b",
    re.IGNORECASE | re.DOTALL,
)
# A shorter credential may stand in an error by chance.
SHORTEST_CREDENTIAL = 21


@fault(errors_reveal_no_internals, statuses=ERROR)
def trace_in_the_detail(request: Request, answer: Answer) -> None:
    """The detail is a stack trace."""
    answer.put(detail='Traceback (most recent call last):\n  File "service.py", line 7\nKeyError')


@fault(errors_reveal_no_internals, statuses=(401,))
def token_in_the_detail(request: Request, answer: Answer) -> None:
    """The detail of a 401 quotes the token."""
    answer.put(detail=f"bad token {request.headers.get('authorization')}")
