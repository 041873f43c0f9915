"""SPEC-03: documented operations are served."""

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources
from bookplate.wire import Credential, Exchange

NOT_FOUND, NOT_ALLOWED, NOT_IMPLEMENTED = 404, 405, 501


@experiment("SPEC-03", source="#/paths")
def test_documented_operations_are_served(operation: Operation, resources: Resources) -> None:
    """
    A request to a documented operation is not answered with a 404, 405 or 501 that its responses do not declare.
    A range such as 4XX, or `default`, declares 404 and 405 too. A 501 is declared by its number alone.

    The path arguments lead to nothing. Where that is answered with a 404 that is not declared, the request is sent for an
    item that exists. An operation on the caller's account gets an account of its own, as it may delete it. Where nobody
    can be signed in it is sent without credentials: then a 401 or 403 shows nothing, and anything else does.

    Why it matters: a client is generated from the document, and has a method for each operation. A missing one fails
    only when a user calls it.

    To mend it: compare the paths of the document with the routes of the service: prefix, slash at the end, and
    method. Write the handler that is missing, or take the operation out of the document.
    """
    body = resources.samples.body(operation) if operation.secured else None
    credential, address, lacks = credential_for(operation, resources)

    answer = resources.client.call(
        operation, arguments=operation.nowhere, body=body, credential=credential, address=address
    )

    if lacks and answer.status in (401, 403):
        raise NotChecked(lacks)
    if answer.status == NOT_FOUND and operation.path_parameters and operation.response_to(NOT_FOUND) is None:
        # It may be about the item: only one that exists shows that there is no route.
        prepared = resources.prepare(operation)
        answer = resources.call(prepared, body=resources.content(prepared))
    observed = f"{operation.id} is not served: {answer.describe()}"
    expect.that(not is_missing(operation, answer), observed, expected="a documented status", shown=[answer])


def credential_for(operation: Operation, resources: Resources) -> tuple[Credential, str, str]:
    """Return a credential, the address of its user, and why there is none where nobody can be signed in."""
    is_about_the_caller = operation.may_end_its_caller and operation.secured
    try:
        user = resources.users.disposable() if is_about_the_caller else resources.maker(operation)
        return user.shown_to(operation), user.address, ""
    except NotChecked as lacks:
        return Credential(), "", str(lacks)


def is_missing(operation: Operation, answer: Exchange) -> bool:
    """Tell whether an answer says that nothing serves the operation, which its responses do not say."""
    if answer.status == NOT_IMPLEMENTED:
        return not operation.documents(NOT_IMPLEMENTED)
    return answer.status in (NOT_FOUND, NOT_ALLOWED) and operation.response_to(answer.status) is None


@fault(test_documented_operations_are_served)
def nothing_is_implemented(request: Request, answer: Answer) -> None:
    """Requests with a token are answered 501: their handlers are missing."""
    if "authorization" in request.headers:
        answer.become(501)


@fault(test_documented_operations_are_served)
def a_route_is_missing(request: Request, answer: Answer) -> None:
    """Lists and accounts have no route: where GET and DELETE succeed, they answer 405."""
    if answer.status < 400 and request.method in ("GET", "DELETE"):
        answer.become(405)
