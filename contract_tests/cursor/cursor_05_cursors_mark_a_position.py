"""CURSOR-05: cursors mark a position."""

from typing import Any

from bookplate import experiment, fault
from bookplate.contract import has_cursors
from bookplate.faults import Request, Steps
from bookplate.fixtures import Collection

from ._shared import NOTHING_MORE, fed, start


@experiment("CURSOR-05", source="x-pagination", applies=has_cursors)
def test_cursors_mark_a_position(collection: Collection) -> None:
    """A cursor goes on from one place, the same each time, with no more items than are asked for this time."""
    cursor, sizes = start(collection), (collection.bounds[0], collection.size(), collection.bounds[1])
    rest: list[Any] = []
    for size in (*sizes, *sizes):
        collection.last.append(collection.get({collection.page.size: size, collection.page.place: cursor}))
        found = collection.keys([collection.items(collection.last[-1])])
        collection.expect(f"items of {size}", len(found), min(len(found), size))
        collection.expect("what follows", found[: len(rest)], rest[: max(len(found), 1)])
        rest = max(rest, found, key=len)


@fault(test_cursors_mark_a_position)
def later_stretches_have_the_default_size(request: Request) -> None:
    """The size is only looked at where there is no cursor."""
    if "cursor" in request.query:
        request.query.pop("limit", None)


@fault(test_cursors_mark_a_position)
def cursors_are_spent(request: Request) -> Steps:
    """A cursor that was used a few times finds nothing more."""
    request.memory["uses"] = request.memory.get("uses", 0) + ("cursor" in request.query)
    yield from fed(request, lambda body: {"items": []} | NOTHING_MORE if request.memory["uses"] > 3 else None)
