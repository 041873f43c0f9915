"""HTTP-08: content may come in chunks."""

from bookplate import control, expect, experiment, fault, rests_on
from bookplate.contract import Fact, Operation, Origin, has_body
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources

CHUNKED = {"Transfer-Encoding": "chunked", "Connection": "close"}
LENGTH_REQUIRED, NOT_IMPLEMENTED = 411, 501


def takes_content(operation: Operation) -> bool:
    """It takes content, and nobody's account or session is spent by it."""
    return has_body(operation) and not operation.role


@experiment("HTTP-08", source="RFC 9112, sections 6.3 and 7.1", applies=takes_content)
def test_content_may_come_in_chunks(operation: Operation, resources: Resources) -> None:
    """
    Content that comes in chunks, without Content-Length, is taken as content with a length is, or refused with 411.

    The same request with a length is the control. A server error breaks the law. Any other refusal only warns: the
    document does not speak of chunks, and a client is told that its request was not taken.

    Why it matters: proxies and many libraries send content in chunks as soon as they stream it. A service that reads
    Content-Length alone takes such content for none, or fails.

    To mend it: read content by the means of your server or framework, which know both ways to send it. Where a size is
    checked from Content-Length, count what is read too. Answer 411 where you want a length.
    """
    prepared = resources.prepare(operation)
    tag = resources.read(prepared).header("etag") if operation.takes_condition else None
    condition = {"If-Match": tag} if tag else {}

    answer = resources.call(prepared, {**condition, **CHUNKED}, body=resources.content(prepared))

    is_taken = answer.status < 300 or answer.status == LENGTH_REQUIRED
    if not is_taken:
        again = resources.prepare(operation)
        newest = resources.read(again).header("etag") if operation.takes_condition else None
        control(resources.write(again, newest), "a refusal of chunks")
    if not is_taken and (answer.status < 500 or answer.status == NOT_IMPLEMENTED):
        rests_on(Fact(answer.status, Origin.GUESSED, "the document does not say that content may come in chunks"))
    observed = f"content in chunks is answered {answer.status}"
    expect.that(is_taken, observed, expected="what it gets with a length, or 411", shown=[answer])


def is_chunked(request: Request) -> bool:
    return "transfer-encoding" in request.headers and "content-length" not in request.headers


@fault(test_content_may_come_in_chunks)
def no_length_is_a_crash(request: Request, answer: Answer) -> None:
    """Content without Content-Length ends in an unhandled exception."""
    if is_chunked(request):
        answer.become(500)


@fault(test_content_may_come_in_chunks)
def no_length_is_no_content(request: Request) -> None:
    """Content without Content-Length is taken for none."""
    if is_chunked(request):
        request.body = b""
