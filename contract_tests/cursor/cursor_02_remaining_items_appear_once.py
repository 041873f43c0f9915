"""CURSOR-02: remaining items appear once."""

from bookplate import experiment, fault
from bookplate.contract import has_cursors
from bookplate.fixtures import Collection

from ._shared import cursors_are_offsets, each_once, remove


@experiment("CURSOR-02", source="x-pagination", applies=has_cursors)
def test_remaining_items_appear_once(collection: Collection) -> str:
    """Items that exist all through a walk are met exactly once, though others are made and deleted on both sides."""
    planted = collection.plant(8)
    size = collection.size()
    order = [key for key in collection.keys(collection.walk(size)) if key in planted]
    stretches = collection.walk(size)
    met = collection.keys([next(stretches)])
    collection.last.append(collection.insert(collection.marks[0]).made)
    met += collection.keys([next(stretches, [])])
    behind = [key for key in order if key not in met][:1]
    said = [remove(collection, key) for key in order[:1] + behind]
    each_once(collection, planted - set(behind), met + collection.keys(stretches))
    return said[0]


fault(test_remaining_items_appear_once)(cursors_are_offsets)
