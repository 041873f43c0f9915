"""Parity: what is documented is served."""

from ..accounts import Accounts, told
from ..client import Client
from ..fault import Answer, Request
from ..operation import Operation
from ..rule import Violation, experiment


@experiment("SPEC-03", source="#/paths")
def documented_is_served(operation: Operation, accounts: Accounts, client: Client) -> None:
    """
    Every documented operation is there: it does not answer 501, nor a 404 or 405 that its responses do not declare.

    Path arguments lead nowhere, and operations on the caller's account get a throw-away one.
    """
    account = accounts.throw_away() if operation.auth_role and operation.secured else accounts.a
    body = accounts.samples.body(operation) if operation.secured else None
    answer = client.call(
        operation,
        arguments=operation.nowhere,
        headers=account.headers(),
        body=body,
        address=account.address,
    )
    missing = answer.status in (404, 405) and str(answer.status) not in operation.responses
    if answer.status == 501 or missing:
        observed = f"{operation.id} is not served: {told(answer)}"
        raise Violation(observed, expected="a documented status", exchanges=[answer])


@documented_is_served.broken_by
def nothing_is_implemented(request: Request, answer: Answer) -> None:
    """Handlers of secured operations are missing."""
    if "authorization" in request.headers:
        answer.become(501)


@documented_is_served.broken_by
def a_route_is_missing(request: Request, answer: Answer) -> None:
    """Collections and accounts have no route."""
    if answer.status < 400 and request.method in ("GET", "DELETE"):
        answer.become(405)
