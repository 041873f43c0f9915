"""STATE-06: deleted items are shown nowhere."""

from bookplate import expect, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, items_shown, lists_of
from bookplate.wire import succeeded

from ._shared import is_deletion


@experiment("STATE-06", source="RFC 9110, section 9.3.5", applies=is_deletion)
def test_deleted_items_are_shown_nowhere(operation: Operation, resources: Resources) -> None:
    """
    After an item is deleted, no list shows it, and a second deletion is answered 404 or 410.

    Only lists that showed the item before are read again. The second deletion counts only where the document declares
    a 404 for it.

    Why it matters: a user who deleted an item still sees it, and gets an error when opening it. A second deletion that
    succeeds lets a client believe that it removed something.
    """
    prepared = resources.prepare(operation)
    assert prepared.item is not None
    item = prepared.item.value
    lists = lists_of(prepared.item.creator, resources.document)
    showing = [each for each in lists if each.key(item) in items_shown(each, resources, item)[0]]
    tag = resources.read(prepared).header("etag")

    deletion = succeeded(resources.write(prepared, tag), "nothing was deleted")

    for each in showing:
        items, pages = items_shown(each, resources, item)
        is_gone = each.key(item) not in items
        expect.that(is_gone, f"{each.id} still shows it", expected="it is gone", shown=[deletion, pages[-1]])
    again = resources.write(prepared, tag)
    if operation.documents(404):
        expect.status((404, 410), again, what="the second deletion", after=[deletion])


@fault(test_deleted_items_are_shown_nowhere)
def deleted_is_still_listed(request: Request, answer: Answer) -> None:
    """Lists still show items that were deleted."""
    seen = request.memory.setdefault(request.path, {})
    if "items" in answer.members:
        seen |= {item["id"]: item for item in answer.members["items"] if "id" in item}
        answer.put(items=list(seen.values()))


@fault(test_deleted_items_are_shown_nowhere)
def deleting_nothing_succeeds(request: Request, answer: Answer) -> None:
    """The deletion of an item that does not exist answers 204."""
    if request.method == "DELETE" and answer.status == 404:
        answer.status = 204
        answer.body = b""
