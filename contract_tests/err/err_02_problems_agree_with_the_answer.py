"""ERR-02: problems agree with the answer."""

from bookplate import expect, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import ERROR, Answer, Request
from bookplate.wire import Exchange

from ._shared import declares_problems, is_problem


@invariant("ERR-02", source="RFC 9457, section 3.1", applies=declares_problems, when=is_problem)
def problems_agree_with_the_answer(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    The `status` of a problem is the status of its answer, and no member of RFC 9457 is null.

    A problem may leave `status` out. A member without a value is left out, not null; members that the service adds may be
    null.

    Why it matters: clients and logs often keep the content alone. Where it names another status than the answer, they
    react to an error that did not happen. A null where text is expected breaks clients with typed models.

    To mend it: set `status` from the status of the answer where the answer is written, and leave members out that
    have no value, in place of null.
    """
    expect.readable(exchange)
    problem = exchange.json()
    expect.that(isinstance(problem, dict), "the problem is no JSON object", expected="an object")

    empty = [name for name, member in problem.items() if member is None and name in MEMBERS]

    expect.equal(problem.get("status", exchange.status), exchange.status, what="`status` of the problem")
    expect.equal(empty, [], what="members that are null")


# RFC 9457, sections 3.1.1 to 3.1.5: each is text or a number.
MEMBERS = ("type", "title", "status", "detail", "instance")


@fault(problems_agree_with_the_answer, statuses=ERROR)
def every_problem_is_400(request: Request, answer: Answer) -> None:
    """The `status` of each problem is 400."""
    answer.put(status=400)


@fault(problems_agree_with_the_answer, statuses=ERROR)
def detail_is_null(request: Request, answer: Answer) -> None:
    """Problems have a `detail` that is null."""
    answer.put(detail=None)
