"""CURSOR-02: remaining items appear once."""

from bookplate import experiment, fault, partly
from bookplate.contract import has_cursors
from bookplate.fixtures import Collection

from ._shared import NOT_DELETED, cursors_are_offsets, delete, expect_each_once


@experiment("CURSOR-02", source="x-pagination", applies=has_cursors, explained_by=("CURSOR-01",))
def test_remaining_items_appear_once(collection: Collection) -> None:
    """
    When items are created and deleted during a walk, every item that exists all the time is met exactly once.

    One item is created after the first page. After the second page one item that was met and one that was not are
    deleted.

    Why it matters: lists change while clients read them. A client that copies the list page by page lacks items or
    stores them twice, and nothing tells it so.

    To mend it: continue by the values of the last item, as in `WHERE (sorted, id) > (?, ?)`, and not by a number of
    items. End the order with a unique column, so that every item has its one place.
    """
    planted = collection.plant(8)
    size = collection.size()
    order = [key for key in collection.keys(collection.walk(size)) if key in planted]

    pages = collection.walk(size)
    met = collection.keys([next(pages)])
    created = collection.insert(collection.marks[0])
    collection.last.append(created.made)
    met += collection.keys([next(pages, [])])
    not_met = [key for key in order if key not in met][:1]
    for key in order[:1]:
        if not delete(collection, key):
            partly(NOT_DELETED, tested="an item created during the walk")
    for key in not_met:
        delete(collection, key)
    met += collection.keys(pages)

    expect_each_once(collection, planted - set(not_met), met)


fault(test_remaining_items_appear_once)(cursors_are_offsets)
