"""STATE-06: deleted items are shown nowhere."""

from bookplate import expect, experiment, fault, partly
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, items_shown, lists_of, members_of, says_deleted
from bookplate.wire import succeeded

from ._shared import is_deletion, require_item


@experiment("STATE-06", source="RFC 9110, section 9.3.5", applies=is_deletion)
def test_deleted_items_are_shown_nowhere(operation: Operation, resources: Resources) -> None:
    """
    After an item is deleted, no list shows it, and a second deletion is answered 404 or 410.

    Only lists that showed the item before are read again. The second deletion counts only where the document declares
    a 404 for it; it may also be refused as reads of the item are now. An item that is still shown, and says that it is deleted, may stay in lists, and be deleted again.

    Why it matters: a user who deleted an item still sees it, and gets an error when opening it. A second deletion that
    succeeds lets a client believe that it removed something.

    To mend it: filter deleted items in every list, by a condition that all queries share. Look at the number of
    rows that a deletion has changed, and answer 404 or 410 where it is none.
    """
    require_item(operation, resources.document)
    prepared = resources.prepare(operation)
    assert prepared.item is not None
    item = prepared.item.value
    lists = lists_of(prepared.item.creator, resources.document)
    shown = [(each, items_shown(each, resources, item)[0].get(each.key(item))) for each in lists]
    showing = [(each, listed) for each, listed in shown if listed is not None]
    before = resources.read(prepared)
    tag = before.header("etag")

    deletion = succeeded(resources.write(prepared, tag), "nothing was deleted")

    for each, listed in showing:
        items, pages = items_shown(each, resources, item)
        left = items.get(each.key(item))
        is_gone = left is None or says_deleted(listed, left)
        expect.that(
            is_gone,
            f"{each.id} still shows the item after {deletion.summary()}",
            expected="it is gone",
            shown=[deletion, pages[-1]],
        )
    after = resources.read(prepared)
    again = resources.write(prepared, tag)
    if says_deleted(members_of(before), members_of(after)):
        partly("a second deletion: the item is still shown, as deleted", tested="lists")
    elif operation.documents(404):
        refusals = (404, 410, after.status) if 400 <= after.status < 500 else (404, 410)
        expect.status(refusals, again, what="the second deletion", after=[deletion])


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
