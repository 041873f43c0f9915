"""ROBUST-01: no server errors."""

import re

from bookplate import Severity, expect, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange


def is_of_a_law(exchange: Exchange) -> bool:
    """A law has sent it; what was generated is judged by the check of schemathesis."""
    return not exchange.is_generated


@invariant(
    "ROBUST-01",
    source="RFC 9110, section 15.6",
    when=is_of_a_law,
    checks=("not_a_server_error",),
    core=True,
    severity=Severity.CRASH,
)
def no_server_errors(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    No request, valid or not, generated or sent by a law, is answered with a 5xx.

    A 5xx that the document has fails too, but for one whose number the request asks for, for a 503 that says when to come
    back, and for a 501. To a request of a law, which may have come with many others, 502 to 505 are no crash. Where no
    answer comes in time, that is a warning.

    Why it matters: a 5xx says that the server is at fault, so clients send the same request again. For input that is
    wrong that never helps, and its sender never learns of the mistake. An unhandled exception may also hide an attack.

    To mend it: read the traceback below the failure, or in the log of the server. Check what is sent by its schema
    before a handler sees it, and turn errors of parsing and of the database about values into 4xx. Catching
    everything and answering 400 hides the next mistake.
    """
    is_crash = exchange.status >= FIRST_SERVER_ERROR and not is_right(exchange, operation)
    expect.that(not is_crash, exchange.describe(), expected="no server error (5xx), whatever the request is")


FIRST_SERVER_ERROR, NOT_IMPLEMENTED = 500, 501
# Nobody is there behind a gateway, or there is too much to do (RFC 9110, sections 15.6.3 to 15.6.6): a law may flood.
NO_CRASH = (502, 503, 504, 505)


def is_right(exchange: Exchange, operation: Operation | None) -> bool:
    """Tell whether a server error is no crash: the service has too much to do, or the request asks for what it is answered."""
    if exchange.status in NO_CRASH:
        return True
    if operation is None:
        return exchange.status == NOT_IMPLEMENTED
    is_asked_for = str(exchange.status) in re.findall(r"\d+", exchange.url.partition("://")[2].partition("/")[2])
    return operation.documents(exchange.status) and (exchange.status == NOT_IMPLEMENTED or is_asked_for)


@fault(no_server_errors, statuses=(400, 422))
def invalid_crashes(request: Request, answer: Answer) -> None:
    """Input that breaks its schema ends in an unhandled exception."""
    answer.become(500)


@fault(no_server_errors, statuses=(409,))
def what_is_taken_crashes(request: Request, answer: Answer) -> None:
    """A write that would give two items one name ends in an unhandled exception, which hardly any generated request meets."""
    answer.become(500)
