"""CACHE-06: callers get their own answers."""

from collections.abc import Collection

from bookplate import Severity, control, expect, experiment, fault
from bookplate.contract import Operation, look_up
from bookplate.faults import Request, Steps
from bookplate.fixtures import PreparedRequest, Resources, User, prepare_read
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
    for_stranger = statuses_for_a_stranger(prepared, resources)
    without_token = 401 if operation.answers_with(401) else 403
    turns: list[tuple[User | None, int | Collection[int]]] = [
        (prepared.caller, 200),
        (resources.users.stranger, for_stranger),
        (None, without_token),
        (prepared.caller, 200),
    ]

    answers: list[Exchange] = []
    for caller, status in turns:
        answer = resources.ask(prepared, caller)
        if not answers:
            control(answer, "a refusal of other callers")
        name = caller.name if caller else "a caller without a token"
        expect.status(status, answer, what=f"to {name}", after=answers)
        answers.append(answer)
        if pointer and caller and answer.status == 200:
            account = look_up(answer.json(), pointer)
            expect.equal(account, caller.identifier, what=f"the account shown to {name}", shown=answers)


def statuses_for_a_stranger(prepared: PreparedRequest, resources: Resources) -> Collection[int]:
    """Return what another user is answered: as the document says, and where it does not as that user was answered first."""
    operation = prepared.operation
    if "user" in operation.allow or (operation.own_account is not None and operation.own_account.place == "token"):
        return (200,)
    if operation.declares_access:
        return operation.refusals
    return (resources.ask(prepared, resources.users.stranger).status,)


@fault(test_callers_get_their_own_answers)
def key_lacks_the_caller(request: Request) -> Steps:
    """The first answer to a URL is sent to all later callers."""
    yield from answer_from_cache(request, request.path)
