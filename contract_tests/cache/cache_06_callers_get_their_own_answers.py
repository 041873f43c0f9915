"""CACHE-06: callers get their own answers."""

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, look_up
from bookplate.faults import Request, Steps
from bookplate.fixtures import Resources, reading
from bookplate.wire import Exchange

from ._shared import kept


def is_own_read(operation: Operation) -> bool:
    """It reads, and the document says who of those who are signed in may."""
    return operation.method == "GET" and operation.secured and operation.access is not None


@experiment("CACHE-06", source="RFC 9111, section 3.5; OWASP API1:2023; x-access", applies=is_own_read)
def test_callers_get_their_own_answers(operation: Operation, resources: Resources) -> None:
    """One URL asked by several callers in turn gives each of them their own answer."""
    prepared, answers = reading(resources, operation), list[Exchange]()
    own = resources.users.operation("log-in").role_pointer("identifier") if operation.role == "account" else None
    of_b = 200 if "user" in operation.allow else operation.refusal
    of_nobody = 401 if operation.documents(401) else 403
    for caller, status in (
        (prepared.caller, 200),
        (resources.users.stranger, of_b),
        (None, of_nobody),
        (prepared.caller, 200),
    ):
        answers.append(resources.ask(prepared, caller))
        whose = look_up(answers[-1].json(), own) if own else None
        if answers[-1].status != status or (own and caller and status == 200 and whose != caller.identifier):
            observed = f"{answers[-1].summary()} to {caller.name if caller else 'nobody'}, about {whose or 'nobody'}"
            raise Violation(observed, expected=f"{status}, and their own", exchanges=answers)


@fault(test_callers_get_their_own_answers)
def key_lacks_the_caller(request: Request) -> Steps:
    """Whoever asks first, their answer is everybody's."""
    yield from kept(request, request.path)
