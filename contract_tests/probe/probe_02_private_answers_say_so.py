"""PROBE-02: private answers say so."""

from bookplate import SHOULD, expect, fault, invariant
from bookplate.contract import Document, Operation, is_secured
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange


def is_answered(exchange: Exchange) -> bool:
    """It is a read that succeeds, with content."""
    return exchange.method == "GET" and exchange.status == 200 and len(exchange.body) > 0


@invariant(
    "PROBE-02",
    source="RFC 9111, sections 4.2.2 and 5.2.2.7",
    owasp=("API8:2023",),
    level=SHOULD,
    applies=is_secured,
    when=is_answered,
)
def private_answers_say_so(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    The answer to a read that needs credentials has a Cache-Control.

    Why it matters: without one a browser may guess how long it keeps the answer. On a shared computer the next user finds
    it with the back button.

    To mend it: set `Cache-Control: no-store`, or `private` with a lifetime, in a layer that all answers to
    signed-in callers pass.
    """
    expect.that(
        exchange.header("cache-control") is not None,
        "an answer for one user has no Cache-Control",
        expected="Cache-Control, such as no-store or private",
        shown=[exchange],
        defect="answers for one user have no Cache-Control",
    )


@fault(private_answers_say_so)
def nothing_is_said_of_caches(request: Request, answer: Answer) -> None:
    """No answer has a Cache-Control."""
    answer.headers.pop("cache-control", None)
