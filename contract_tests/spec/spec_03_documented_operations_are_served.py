"""SPEC-03: documented operations are served."""

from typing import TYPE_CHECKING

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources

if TYPE_CHECKING:
    pass


@experiment("SPEC-03", source="#/paths")
def test_documented_operations_are_served(operation: Operation, resources: Resources) -> None:
    """
    Every documented operation is there: it does not answer 501, nor a 404 or 405 that its responses do not declare.

    Path arguments lead nowhere, and operations on the caller's account get a throw-away one.
    """
    user = resources.users.disposable() if operation.role and operation.secured else resources.users.owner
    body = resources.samples.body(operation) if operation.secured else None
    answer = resources.client.call(
        operation, arguments=operation.nowhere, headers=user.headers(), body=body, address=user.address
    )
    if answer.status == 501 or (answer.status in (404, 405) and not operation.documents(answer.status)):
        observed = f"{operation.id} is not served: {answer.describe()}"
        raise Violation(observed, expected="a documented status", exchanges=[answer])


@fault(test_documented_operations_are_served)
def nothing_is_implemented(request: Request, answer: Answer) -> None:
    """Handlers of secured operations are missing."""
    answer.become(501, where="authorization" in request.headers)


@fault(test_documented_operations_are_served)
def a_route_is_missing(request: Request, answer: Answer) -> None:
    """Collections and accounts have no route."""
    answer.become(405, where=answer.status < 400 and request.method in ("GET", "DELETE"))
