"""STATE-07: ids are not reused."""

from bookplate import SHOULD, Violation, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources

from ._shared import is_deletion


@experiment("STATE-07", level=SHOULD, source="RFC 9110, section 9.3.5", applies=is_deletion)
def test_ids_are_not_reused(operation: Operation, resources: Resources) -> None:
    """The id of something deleted is not given to the next thing made: old links would lead to it."""
    prepared = resources.prepare(operation)
    assert prepared.item is not None
    gone = resources.write(prepared, resources.read(prepared).header("etag"))
    fresh = resources.plant(prepared.item.creator, resources.users.owner)
    if resources.arguments(operation, fresh) == resources.arguments(operation, prepared.item):
        raise Violation("an id was given again", expected="a new id", exchanges=[prepared.item.made, gone, fresh.made])


@fault(test_ids_are_not_reused)
def ids_are_given_again(request: Request, answer: Answer) -> None:
    """The next thing made gets the id of what was deleted."""
    if request.method == "DELETE" and answer.status == 204:
        request.memory["free"] = int(request.path.rpartition("/")[2])
    elif request.method == "POST" and answer.status == 201 and "free" in request.memory:
        answer.put(id=request.memory.pop("free"))
