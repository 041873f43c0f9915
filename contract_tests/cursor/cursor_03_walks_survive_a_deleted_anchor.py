"""CURSOR-03: walks survive a deleted anchor."""

from typing import Any

from bookplate import NotChecked, experiment, fault
from bookplate.contract import has_cursors
from bookplate.faults import Request, Steps
from bookplate.fixtures import Collection

from ._shared import NOT_DELETED, cursors_are_offsets, delete, expect_each_once, is_feed


@experiment("CURSOR-03", source="x-pagination", applies=has_cursors, explained_by=("CURSOR-01",))
def test_walks_survive_a_deleted_anchor(collection: Collection) -> None:
    """
    When the last item of a page is deleted, the cursor of that page leads to the items that follow it.

    Every item that was planted is met exactly once, the deleted one on the first page.

    Why it matters: when one deletion ends a walk or starts it again, no client can read a busy list to its end.

    To mend it: put the sorted values of the last item into the cursor, and not only its id: then they can be
    compared when the item is gone. Never begin anew where it is not found.
    """
    planted = collection.plant(5)
    # The page ends with an item that may be deleted: others may stand before those that were planted.
    size = end_of_first(planted, collection.keys(collection.walk(collection.size())), collection.bounds)
    pages = collection.walk(size or collection.size())
    met = collection.keys([next(pages)])

    if not delete(collection, met[-1]):
        raise NotChecked(NOT_DELETED)
    met += collection.keys(pages)

    expect_each_once(collection, planted, met)


def end_of_first(planted: set[Any], keys: list[Any], bounds: tuple[int, int]) -> int | None:
    """Return the size of a first page that ends with a planted item and is not the last one; None where none is allowed."""
    least, most = bounds
    ends = [place for place, key in enumerate(keys[:-1], start=1) if key in planted and least <= place <= most]
    return ends[min(1, len(ends) - 1)] if ends else None


@fault(test_walks_survive_a_deleted_anchor)
def walks_start_again_without_their_anchor(request: Request) -> Steps:
    """A cursor whose item was deleted leads to the first page."""
    anchors = request.memory.setdefault("anchors", {})
    deleted = request.memory.setdefault("deleted", set())
    if anchors.get(request.query.get("cursor", "")) in deleted:
        request.query.pop("cursor")
    if request.method == "DELETE":
        deleted.add(request.path.rpartition("/")[2])
    answer = yield
    if is_feed(request, answer):
        page = answer.members
        anchors[page["next_cursor"]] = str(page["items"][-1]["id"])


fault(test_walks_survive_a_deleted_anchor)(cursors_are_offsets)
