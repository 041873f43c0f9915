"""STATE-03: deleted items are gone."""

from dataclasses import replace

from bookplate import expect, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources
from bookplate.wire import succeeded

from ._shared import is_deletion


@experiment("STATE-03", source="RFC 9110, section 9.3.5", applies=is_deletion, checks=("use_after_free",))
def test_deleted_items_are_gone(operation: Operation, resources: Resources) -> None:
    """
    After an item is deleted, every other request to its path is answered with an error.

    Those are the other operations of the same path, such as GET, PUT and PATCH, but for a PUT that documents a 201.

    Why it matters: users delete data that nobody is to read any more. A success afterwards shows that it is still
    stored, and a change to it is lost without notice.
    """
    prepared = resources.prepare(operation)
    tag = resources.read(prepared).header("etag")

    deletion = succeeded(resources.write(prepared, tag), "nothing was deleted")

    others = [
        each
        for each in resources.document.operations
        if each.path == operation.path and each is not operation and not makes_what_is_missing(each)
    ]
    for other, trial in expect.each(others):
        with trial:
            answer = resources.write(replace(prepared, operation=other), tag)
            observed = f"after its deletion: {answer.describe()}"
            expect.that(answer.status >= 400, observed, expected="404", shown=[deletion, answer])


def makes_what_is_missing(operation: Operation) -> bool:
    """Tell whether a PUT makes an item where there is none (RFC 9110, section 9.3.4): then it documents a 201."""
    return operation.method == "PUT" and operation.documents(201)


@fault(test_deleted_items_are_gone)
def deletion_is_pretended(request: Request, answer: Answer) -> None:
    """A deletion answers 204, and the item can still be read."""
    if request.method == "POST" and answer.status == 201:
        request.memory[answer.headers.get("location")] = answer.copy()
    elif request.method == "GET" and answer.status == 404 and request.path in request.memory:
        answer.repeat(request.memory[request.path])
        answer.status = 200
