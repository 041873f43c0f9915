"""HTTP-06: fields fit the message."""

from bookplate import SHOULD, Severity, expect, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange


@invariant(
    "HTTP-06",
    source="RFC 9110, sections 6.6.1 and 8.6",
    level=SHOULD,
    severity=Severity.ADVICE,
)
def fields_fit_the_message(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    Each answer below 500 has Date, and a 204 has no Content-Length.

    RFC 9110 demands Date of servers that have a clock, and whether one has is not seen from outside. Clients of today get
    along with the length of a 204. A breach only warns.

    Why it matters: caches count the age of an answer from its Date, and without it from when they got it. A client that
    reads Content-Length waits for the content that a 204 never has.

    To mend it: let the server send Date, and switch on what switches it off. Send a 204 without content, without
    Content-Length and without Transfer-Encoding.
    """
    length = exchange.header("content-length")

    has_date = exchange.header("date") is not None or not 200 <= exchange.status < 500
    expect.that(has_date, f"the {exchange.status} has no Date", expected="the time when it was made", shown=[exchange])
    if exchange.status == NO_CONTENT:
        observed = f"the 204 has Content-Length: {length}"
        expect.that(length is None, observed, expected="no such field", shown=[exchange])


NO_CONTENT = 204


@fault(fields_fit_the_message)
def answers_have_no_date(request: Request, answer: Answer) -> None:
    """Answers have no Date."""
    answer.headers.pop("date", None)


@fault(fields_fit_the_message, statuses=(204,))
def nothing_has_a_length(request: Request, answer: Answer) -> None:
    """A 204 has Content-Length: 0."""
    answer.headers["content-length"] = "0"
