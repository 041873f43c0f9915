"""CACHE-06: callers get their own answers."""

from bookplate import Severity, control, expect, experiment, fault
from bookplate.contract import Operation, look_up
from bookplate.faults import Request, Steps
from bookplate.fixtures import Resources, User, prepare_read
from bookplate.wire import Exchange

from ._shared import answer_from_cache


def is_own_read(operation: Operation) -> bool:
    """It reads, and the document says which of the users who are signed in it admits."""
    return operation.method == "GET" and operation.secured and operation.access is not None


@experiment(
    "CACHE-06",
    source="RFC 9111, section 3.5; OWASP API1:2023; x-access",
    applies=is_own_read,
    severity=Severity.SECURITY,
)
def test_callers_get_their_own_answers(operation: Operation, resources: Resources) -> None:
    """
    When several callers ask for one URL in turn, each gets the answer that is meant for this caller.

    The first caller may read and gets 200. Another user gets the status that the document says. A request without a
    token gets 401, or 403 where the document has no 401. Then the first caller gets 200 again. An operation that shows
    an account shows the caller's own.

    Why it matters: a cache without the caller in its key shows private data of one user to all others.
    """
    prepared = prepare_read(resources, operation)
    pointer = resources.users.operation("log-in").role_pointer("identifier") if operation.role == "account" else None
    for_stranger = (200,) if "user" in operation.allow else operation.refusals
    without_token = 401 if operation.answers_with(401) else 403
    turns: list[tuple[User | None, tuple[int, ...]]] = [
        (prepared.caller, (200,)),
        (resources.users.stranger, for_stranger),
        (None, (without_token,)),
        (prepared.caller, (200,)),
    ]

    answers: list[Exchange] = []
    for caller, statuses in turns:
        answer = resources.ask(prepared, caller)
        if not answers:
            control(answer, "a refusal of other callers")
        name = caller.name if caller else "a caller without a token"
        expect.status(statuses, answer, what=f"to {name}", after=answers)
        answers.append(answer)
        if pointer and caller and statuses == (200,):
            account = look_up(answer.json(), pointer)
            expect.equal(account, caller.identifier, what=f"the account shown to {name}", shown=answers)


@fault(test_callers_get_their_own_answers)
def key_lacks_the_caller(request: Request) -> Steps:
    """The first answer to a URL is sent to all later callers."""
    yield from answer_from_cache(request, request.path)
