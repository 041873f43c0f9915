"""ERR-02: problems agree with the answer."""

from bookplate import Violation, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import ERROR, Answer, Request
from bookplate.wire import Exchange

from ._shared import declares_problems, is_problem


@invariant("ERR-02", source="RFC 9457, section 3.1", applies=declares_problems, when=is_problem)
def problems_agree_with_the_answer(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """A problem's `status` is the status of its answer, and no member is null."""
    problem = exchange.json()
    if not isinstance(problem, dict):
        raise Violation("the problem is no JSON object", expected="an object")
    if problem.get("status", exchange.status) != exchange.status:
        raise Violation(f"status {problem['status']} in an answer {exchange.status}", expected=str(exchange.status))
    if empty := [name for name, member in problem.items() if member is None]:
        raise Violation(f"member {empty[0]} is null", expected="the member left out")


@fault(problems_agree_with_the_answer, statuses=ERROR)
def every_problem_is_400(request: Request, answer: Answer) -> None:
    """The body says 400 whatever the status is."""
    answer.put(status=400)


@fault(problems_agree_with_the_answer, statuses=ERROR)
def detail_is_null(request: Request, answer: Answer) -> None:
    """Problems carry members that have nothing to say."""
    answer.put(detail=None)
