"""STATE-03: deleted items are gone."""

from collections.abc import Iterator

from bookplate import NotChecked, control, expect, experiment, fault, partly
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, members_of, says_deleted
from bookplate.wire import succeeded

from ._shared import is_deletion, require_item


@experiment("STATE-03", source="RFC 9110, section 9.3.5", applies=is_deletion, checks=("use_after_free",))
def test_deleted_items_are_gone(operation: Operation, resources: Resources) -> None:
    """
    After an item is deleted, every other request to its path is answered with an error.

    Those are the other operations of the same path, such as GET, PUT and PATCH, but for a PUT that makes what is not there.
    Each of them succeeds before the deletion. An item that is still shown, and says that it is deleted, is gone too.

    Why it matters: users delete data that nobody is to read any more. A success afterwards shows that it is still
    stored, and a change to it is lost without notice.

    To mend it: delete, or mark as deleted, in a transaction that is committed before the answer, and look at the
    mark in every operation on the item. Drop it from caches.
    """
    require_item(operation, resources.document)
    prepared = resources.prepare(operation)
    others = list(requests_that_succeed(prepared, resources))
    before = resources.read(prepared)
    tag = before.header("etag")

    deletion = succeeded(resources.write(prepared, tag), "nothing was deleted")

    for other, trial in expect.each(others):
        with trial:
            answer = resources.write(other, tag)
            is_gone = answer.status >= 400 or says_deleted(members_of(before), members_of(answer))
            observed = f"after its deletion: {answer.describe()}"
            expect.that(is_gone, observed, expected="404", shown=[deletion, answer])


def requests_that_succeed(prepared: PreparedRequest, resources: Resources) -> Iterator[PreparedRequest]:
    """Send the other requests to the path of an item that is there, and yield those that succeed."""
    deletion = prepared.operation
    for other in resources.document.operations:
        if other.path != deletion.path or other is deletion or makes_what_is_missing(other):
            continue
        request = PreparedRequest(other, resources.caller(other, prepared.item), prepared.item)
        tag = resources.read(prepared).header("etag")
        try:
            control(resources.write(request, tag), f"{other.id} after the deletion")
            yield request
        except NotChecked as reason:
            partly(str(reason), tested="other requests")


def makes_what_is_missing(operation: Operation) -> bool:
    """Tell whether a PUT makes an item where there is none (RFC 9110, section 9.3.4), as a documented 201 says."""
    return operation.method == "PUT" and operation.creates


@fault(test_deleted_items_are_gone)
def deletion_is_pretended(request: Request, answer: Answer) -> None:
    """A deletion answers 204, and the item can still be read."""
    if request.method == "POST" and answer.status == 201:
        request.memory[answer.headers.get("location")] = answer.copy()
    elif request.method == "GET" and answer.status == 404 and request.path in request.memory:
        answer.repeat(request.memory[request.path])
        answer.status = 200
