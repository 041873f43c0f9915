"""ERR-03: errors reveal no internals."""

import re

from bookplate import Violation, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import ERROR, Answer, Request
from bookplate.wire import Exchange

from ._shared import is_error

INSIDES = re.compile(
    r"Traceback \(most recent call last\)|\bFile \"[^\"]+\", line \d+|\bat [\w.$]+\([\w.]+:\d+\)"
    r"|(?:/usr|/home|/opt|/var|/srv|/root|/app)/[\w.-]+/|site-packages|\b[A-Z]:\\\\\w+"
    r"|(?-i:\bSELECT\b.{1,200}\bFROM\b)|\bselect \*|\bINSERT INTO\b|\bsqlite3?\.|\bpsycopg|\bsqlalchemy\b|\bpsql\b"
    r"|\b(?:\w+\.)+\w*(?:Error|Exception)\b|<class '|\bTypeError\b|\bKeyError\b|\bAttributeError\b",
    re.IGNORECASE | re.DOTALL,
)


@invariant("ERR-03", source="OWASP API8:2023", when=is_error)
def errors_reveal_no_internals(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """An error shows no stack trace, file path, SQL, exception class or credential."""
    text = exchange.body.decode("utf-8", "replace")
    sent = exchange.url + exchange.request_body.decode("utf-8", "replace")
    for found in INSIDES.finditer(text):
        if found.group() not in sent:
            raise Violation(f"the error shows '{found.group()[:80]}'", expected="nothing of the inside")
    credential = (exchange.request_header("authorization") or "").partition(" ")[2]
    if len(credential) > 20 and credential in text:
        raise Violation("the error repeats the credential", expected="no credential")


@fault(errors_reveal_no_internals, statuses=ERROR)
def trace_in_the_detail(request: Request, answer: Answer) -> None:
    """The detail is the last exception, with its trace."""
    answer.put(detail='Traceback (most recent call last):\n  File "service.py", line 7\nKeyError')


@fault(errors_reveal_no_internals, statuses=(401,))
def token_in_the_detail(request: Request, answer: Answer) -> None:
    """The detail of a 401 quotes the token."""
    answer.put(detail=f"bad token {request.headers.get('authorization')}")
