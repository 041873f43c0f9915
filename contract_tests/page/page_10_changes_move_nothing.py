"""PAGE-10: changes move nothing."""

import json
from collections.abc import Mapping
from typing import Any

from bookplate import NotChecked, expect, experiment, fault, rests_on
from bookplate.contract import Fact, Operation, Origin, Schema, is_collection, look_up
from bookplate.faults import Answer, Request, shows
from bookplate.fixtures import Collection, Item, members_of, ordered, plain_values

from ._shared import change, writers_of

# In an order that is none of the values themselves, neither up nor down.
NUMBERS = (2, 0, 3, 1, 4)
ANOTHER = 9
# How many members are tried, one after the other, for one that no order rests on.
MOST_MEMBERS = 3
NO_ORDER = "x-pagination of {} names no `order`, and the items stand in none that a change could touch"


@experiment("PAGE-10", source="x-pagination", applies=is_collection, explained_by=("PAGE-01",))
def test_changes_move_nothing(collection: Collection) -> None:
    """
    A change of an item moves no item in the list, if the order does not rest on what was changed.

    It is tried between two pages of a walk, which still meets each item once, and with a walk behind it. Where no order
    is declared, and another member than the changed one has changed too, the order may rest on that one.

    Why it matters: an item that moves while a client reads the list pushes others to the page before. The client never
    sees them.

    To mend it: sort by the declared key and then by the id, and not by the time of change or by the order in which
    rows happen to come. Without ORDER BY a database moves a row when it is written.
    """
    writer, names = what_changes(collection)
    name, before = plant_in_no_order(collection, writer, names)
    size, keys = collection.size(), collection.keys([before])
    planted = {collection.key(item.value) for item in collection.made}
    ours = [key for key in keys if key in planted]
    expect.equal(planted - set(ours), set(), what="a walk never meets the items", shown=collection.evidence)
    if not collection.page.order:
        rests_on(Fact((), Origin.GUESSED, NO_ORDER.format(collection.operation.id)))

    changed = ours[len(ours) // 2]
    during, members = walk_with_change(collection, size, changed, writer, name)
    shown = list(collection.evidence)
    after = [item for page in collection.walk(size) for item in page]

    if set(collection.keys([after])) - set(keys):
        raise NotChecked(f"a change of '{name}' gives an item another key: nothing to write")
    if not collection.page.order and members:
        raise NotChecked(f"the order may rest on '{members[0]}', which a change moves: write `order` in x-pagination")
    expect.equal(during, keys, what=f"items of a walk in which '{name}' was changed", shown=shown)
    expect.equal(collection.keys([after]), keys, what=f"items after '{name}' was changed", shown=collection.evidence)


def what_changes(collection: Collection) -> tuple[Operation, list[str]]:
    """Return the operation that changes items of a list, and the members that no declared order rests on."""
    for writer in writers_of(collection):
        names = members_to_change(collection, writer)
        if names:
            return writer, names
    raise NotChecked(
        f"no PUT or PATCH changes a member of what {collection.operation.id} shows that its order does not rest on"
    )


def members_to_change(collection: Collection, writer: Operation) -> list[str]:
    """
    Return the names of members that can be made with several values and changed.

    Where an order is declared, it need not be made with them.
    """
    page, creator, listed = collection.page, collection.creator, collection.listed
    kept = {pointer.removeprefix("-").split("/")[1] for pointer in (*page.order, page.key or "/id")}
    kept |= {place.split("/")[1] for places in collection.operation.text_filters.values() for place in places}
    kept |= creator.unique.keys() | writer.unique.keys()
    many = {name: len(values_of(schema)) for name, schema in writer.members.items() if name not in kept}
    free = sorted((name for name, values in many.items() if values > 1), key=lambda name: -many[name])
    made = [name for name in free if name in creator.members]
    shown = [name for name in free if page.order and listed is not None and name in listed.members]
    return list(dict.fromkeys([*made, *shown]))


def values_of(schema: Schema) -> list[Any]:
    """Return different values of a member, one for each of the numbers and a few more."""
    known = [value for number in (*NUMBERS, ANOTHER) for value in plain_values(schema, number)[:2]]
    return list({json.dumps(value): value for value in known}.values())


def contents(collection: Collection, writer: Operation, name: str) -> list[dict[str, Any]]:
    """Return contents with several values of a member, as JSON pointers; as they are where it cannot be made with any."""
    if name not in collection.creator.members:
        return [{}]
    return [{f"/{name}": plain_values(writer.members[name], number)[0]} for number in NUMBERS]


def plant_in_no_order(collection: Collection, writer: Operation, names: list[str]) -> tuple[str, list[Any]]:
    """
    Plant items, and return a member to change and all items of the list.

    Where no order is declared, the items are in no order of that member's values: else it may be what decides.
    """
    for name in names[:MOST_MEMBERS]:
        collection.plant(len(NUMBERS), contents(collection, writer, name))
        items = [item for page in collection.walk(collection.size()) for item in page]
        if collection.page.order or not is_ordered_by(collection, items, name):
            return name, items
    raise NotChecked(f"the order may rest on '{names[0]}', and none is declared: write `order` in x-pagination")


def is_ordered_by(collection: Collection, items: list[Any], name: str) -> bool:
    """Tell whether the planted items of a list, all of them, are in the order of their values of a member, up or down."""
    planted = {collection.key(item.value) for item in collection.made}
    values = [look_up(item, f"/{name}") for item in items if collection.key(item) in planted]
    if len(values) < len(planted):
        return False
    try:
        return values in (sorted(values, key=ordered), sorted(values, key=ordered, reverse=True))
    except TypeError:
        return True


def walk_with_change(
    collection: Collection, size: int, key: Any, writer: Operation, name: str
) -> tuple[list[Any], list[str]]:
    """
    Walk through a list, and change an item behind the page that shows it.

    Return the keys that the walk met, and the names of other members of the item that the change moved.
    """
    item = next(each for each in collection.made if collection.key(each.value) == key)
    met: list[Any] = []
    moved: list[str] | None = None
    for page in collection.walk(size):
        keys = collection.keys([page])
        met += keys
        if moved is None and key in keys:
            shown = page[keys.index(key)]
            moved = moved_by(collection, item, shown, writer, name)
    return met, moved or []


def moved_by(collection: Collection, item: Item, shown: Mapping[str, Any], writer: Operation, name: str) -> list[str]:
    """Change one member of an item, and return the names of the others that are different now."""
    others = [value for value in plain_values(writer.members[name], ANOTHER) if value != shown.get(name)]
    if not others:
        raise NotChecked(f"'{name}' has one value alone: nothing to write")
    before, _, after = change(collection, item, writer, {name: others[0]})
    one, other = members_of(before), members_of(after)
    return [each for each in one.keys() | other.keys() if each != name and one.get(each) != other.get(each)]


@fault(test_changes_move_nothing)
def changed_items_leave_their_place(request: Request, answer: Answer) -> None:
    """A change moves an item to the end of the list, so that the next page begins one item later."""
    if request.method in ("PUT", "PATCH") and answer.status == 200:
        request.memory["changed"] = True
    is_later = request.query.get("page", "1") != "1" or "cursor" in request.query
    if is_later and "changed" in request.memory and shows(request, answer, "items"):
        answer.put(items=answer.members["items"][1:])
