"""HTTP-07: options name their length."""

from dataclasses import replace

from bookplate import SHOULD, NotChecked, Severity, expect, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.wire import Client


def is_preflighted(operation: Operation) -> bool:
    """It reads, and web pages may ask by OPTIONS whether they may call it."""
    return operation.method == "GET" and operation.origins is not None


@experiment("HTTP-07", source="RFC 9110, section 9.3.7", applies=is_preflighted, level=SHOULD, severity=Severity.ADVICE)
def test_options_name_their_length(operation: Operation, client: Client) -> None:
    """
    A success of OPTIONS without content says so: it is a 204 or a 205, or has Content-Length: 0.

    RFC 9110 demands it, and clients of today get along without, so that a breach only warns.

    Why it matters: a client that is told no length waits for the end of the answer, which comes with that of the
    connection.

    To mend it: answer OPTIONS with 204, or with 200 and `Content-Length: 0`. A handler that ends the answer without
    either leaves a client waiting for content.
    """
    answer = client.call(replace(operation, id="", method="OPTIONS", responses={}), arguments=operation.nowhere)
    if not 200 <= answer.status < 300:
        raise NotChecked(f"OPTIONS is no success: {answer.describe()}")

    length = answer.header("content-length")
    says_so = answer.status in WITHOUT_CONTENT or bool(answer.body) or length == "0"
    observed = f"{answer.status} without content, Content-Length: {length or 'none'}"
    expect.that(says_so, observed, expected="a 204, or Content-Length: 0", shown=[answer])


WITHOUT_CONTENT = (204, 205)


@fault(test_options_name_their_length)
def options_have_no_length(request: Request, answer: Answer) -> None:
    """OPTIONS is a 200 without content that does not say how long it is."""
    if request.method == "OPTIONS":
        answer.status = 200
        answer.body = b""
        answer.headers.pop("content-length", None)
