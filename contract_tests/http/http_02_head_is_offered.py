"""HTTP-02: head is offered."""

from dataclasses import replace

from bookplate import SHOULD, Severity, control, expect, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, prepare_read

NOT_OFFERED = (405, 501)


def is_read(operation: Operation) -> bool:
    return operation.method == "GET"


@experiment("HTTP-02", source="RFC 9110, section 9.1", level=SHOULD, applies=is_read, severity=Severity.ADVICE)
def test_head_is_offered(operation: Operation, resources: Resources) -> None:
    """
    Where GET succeeds, HEAD is not refused as a method that the path or the service does not have.

    RFC 9110 demands HEAD of all general-purpose servers. Whether a service is one is for its authors to say, so that this
    is a recommendation.

    Why it matters: link checkers, download managers and monitors send HEAD first. Where it is refused, they report a
    page as missing that is there.

    To mend it: route HEAD to the handler of GET, and let the server leave the content out. Add HEAD to Allow
    wherever GET is there.
    """
    prepared = prepare_read(resources, operation)
    control(resources.call(prepared), "a refusal of HEAD")

    head = resources.call(replace(prepared, operation=replace(operation, id="", method="HEAD")))

    expect.that(
        head.status not in NOT_OFFERED,
        head.describe(),
        expected="the status and header fields of GET",
        shown=[head],
        defect="HEAD is not offered",
    )


@fault(test_head_is_offered)
def head_is_refused(request: Request, answer: Answer) -> None:
    """HEAD is answered 405 at every path."""
    if request.method == "HEAD":
        answer.become(405)
        answer.headers["allow"] = "GET"
