"""STATE-07: ids are not reused."""

from bookplate import SHOULD, expect, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources

from ._shared import is_deletion


@experiment("STATE-07", level=SHOULD, source="RFC 9110, section 9.3.5", applies=is_deletion)
def test_ids_are_not_reused(operation: Operation, resources: Resources) -> None:
    """
    An item that is made after a deletion has another id than the deleted item.

    Why it matters: bookmarks, caches and other services keep links to the deleted item. Where its id is given again,
    such a link leads to another item, which may belong to another user.
    """
    prepared = resources.prepare(operation)
    assert prepared.item is not None
    tag = resources.read(prepared).header("etag")

    deletion = resources.write(prepared, tag)
    next_item = resources.plant(prepared.item.creator)

    old, new = resources.arguments(operation, prepared.item), resources.arguments(operation, next_item)
    shown = [prepared.item.made, deletion, next_item.made]
    expect.that(new != old, "an id was given again", expected="a new id", shown=shown)


@fault(test_ids_are_not_reused)
def ids_are_given_again(request: Request, answer: Answer) -> None:
    """The next new item gets the id of the deleted one."""
    if request.method == "DELETE" and answer.status == 204:
        request.memory["free"] = int(request.path.rpartition("/")[2])
    elif request.method == "POST" and answer.status == 201 and "free" in request.memory:
        answer.put(id=request.memory.pop("free"))
