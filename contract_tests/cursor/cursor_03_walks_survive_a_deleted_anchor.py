"""CURSOR-03: walks survive a deleted anchor."""

from bookplate import experiment, fault
from bookplate.contract import has_cursors
from bookplate.faults import Request, Steps
from bookplate.fixtures import Collection

from ._shared import cursors_are_offsets, each_once, fed, remove


@experiment("CURSOR-03", source="x-pagination", applies=has_cursors)
def test_walks_survive_a_deleted_anchor(collection: Collection) -> str:
    """A walk goes on where it was when the item that its cursor was made from is deleted."""
    planted = collection.plant(5)
    stretches = collection.walk(collection.size())
    met = collection.keys([next(stretches)])
    said = remove(collection, met[-1])
    each_once(collection, planted, met + collection.keys(stretches))
    return said


@fault(test_walks_survive_a_deleted_anchor)
def walks_start_again_without_their_anchor(request: Request) -> Steps:
    """A cursor whose item is gone leads to the first stretch."""
    if request.memory.get(request.query.get("cursor", "")) in request.memory.setdefault("gone", []):
        request.query.pop("cursor")
    request.memory["gone"] += [request.path.rpartition("/")[2]] if request.method == "DELETE" else []
    yield from fed(request, lambda b: request.memory.update({b["next_cursor"]: str(b["items"][-1]["id"])}))


fault(test_walks_survive_a_deleted_anchor)(cursors_are_offsets)
