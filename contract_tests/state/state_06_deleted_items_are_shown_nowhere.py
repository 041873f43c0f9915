"""STATE-06: deleted items are shown nowhere."""

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, lists_of, shown
from bookplate.wire import succeeded

from ._shared import is_deletion


@experiment("STATE-06", source="RFC 9110, section 9.3.5", applies=is_deletion)
def test_deleted_items_are_shown_nowhere(operation: Operation, resources: Resources) -> None:
    """What was deleted is in no list any more, and deleting it again is 404 where that is documented."""
    prepared = resources.prepare(operation)
    assert prepared.item is not None
    item, lists = prepared.item.value, lists_of(prepared.item.creator, resources.document)
    lists = [each for each in lists if each.key(item) in shown(each, resources, item)[0]]
    tag = resources.read(prepared).header("etag")
    gone = succeeded(resources.write(prepared, tag), "nothing was deleted")
    for each in lists:
        there, pages = shown(each, resources, item)
        if each.key(item) in there:
            raise Violation(f"{each.id} lists it still", expected="it is gone", exchanges=[gone, pages[-1]])
    again = resources.write(prepared, tag)
    if operation.documents(404) and again.status not in (404, 410):
        raise Violation(f"deleting again: {again.describe()}", expected="404", exchanges=[gone, again])


@fault(test_deleted_items_are_shown_nowhere)
def deleted_is_still_listed(request: Request, answer: Answer) -> None:
    """Lists show what was deleted."""
    seen = request.memory.setdefault(request.path, {})
    if "items" in answer.members:
        seen |= {item["id"]: item for item in answer.members["items"] if "id" in item}
        answer.put(items=list(seen.values()))


@fault(test_deleted_items_are_shown_nowhere)
def deleting_nothing_succeeds(request: Request, answer: Answer) -> None:
    """Deleting what is not there is 204."""
    if request.method == "DELETE" and answer.status == 404:
        answer.status, answer.body = 204, b""
