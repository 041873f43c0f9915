"""CACHE-09: a lag shows nothing that is gone."""

from collections.abc import Iterator, Mapping
from typing import Any

from bookplate import Needs, NotChecked, expect, experiment, fault
from bookplate.contract import Operation, Schema, look_up, may_lag
from bookplate.faults import Answer, Request
from bookplate.fixtures import Item, PreparedRequest, Resources
from bookplate.wire import Exchange, succeeded

# How deep an answer is searched for items.
DEPTH = 4
VIEWS = 3


def shows_items_late(operation: Operation) -> bool:
    """It may be behind, and its answers have items with an id: numbers alone name nothing that could be gone."""
    schema = operation.response(200).schema
    is_read = operation.method == "GET" and not operation.path_parameters
    return is_read and may_lag(operation) and schema is not None and names_items(schema, DEPTH)


def names_items(schema: Schema, depth: int, *, in_array: bool = False) -> bool:
    """Tell whether there is an object with an `id` somewhere in the arrays of a schema."""
    if in_array and "id" in schema.properties:
        return True
    if depth and schema.items is not None and names_items(schema.items, depth - 1, in_array=True):
        return True
    return depth > 0 and any(names_items(each, depth - 1, in_array=in_array) for each in schema.properties.values())


@experiment(
    "CACHE-09",
    source="x-cache; RFC 9110, section 9.3.5",
    applies=shows_items_late,
    needs={Needs.DOCUMENTED_LIMITS},
)
def test_a_lag_shows_nothing_that_is_gone(operation: Operation, resources: Resources) -> None:
    """
    An item that is deleted is no longer shown by an operation whose answers may be behind what was written.

    `max-staleness` says how old the values of an answer may be. An item is read several times, and the clock of the target
    moved by that lag, so that a list of what is viewed most can show it. Where it does not, nothing was tried.

    Why it matters: a user deletes what nobody should see any more, and everybody sees it for another minute, or finds a
    link to nothing.

    To mend it: remove a deleted item from stored lists at once, or filter stored answers by what still exists when
    they are sent. What may be late is what changes in an item, and not that it is gone.
    """
    if resources.users.instance.clock is None:
        raise NotChecked("no clock: the answers may be behind for as long as the document says")
    creator, deletion = maker_and_deletion(operation, resources)
    item = resources.plant(creator)
    prepared = PreparedRequest(deletion, item.owner, item)
    for _ in range(VIEWS):
        succeeded(resources.read(prepared), "nothing shows the item")
    lag = (operation.cache.max_staleness or 0) if operation.cache else 0
    resources.users.advance(lag + 1)
    reading = PreparedRequest(operation, resources.maker(operation), None)
    before = resources.call(reading)
    if not shows(before, resources, item):
        raise NotChecked(f"{operation.id} does not show what {creator.id} made, also after its lag")

    deleted = succeeded(resources.write(prepared, resources.read(prepared).header("etag")), "nothing was deleted")
    after = resources.call(reading)

    expect.that(
        not shows(after, resources, item),
        f"{operation.id} still shows what was deleted",
        expected="it is gone, whatever is behind",
        shown=[before, deleted, after],
    )


def maker_and_deletion(operation: Operation, resources: Resources) -> tuple[Operation, Operation]:
    """Return what makes items that the path of the operation is about, and what deletes them; NotChecked where there is none."""
    operations = resources.document.operations
    for deletion in operations:
        if deletion.method != "DELETE" or not deletion.path_parameters or deletion.role:
            continue
        creator = resources.document.creator(deletion)
        if creator is not None and not creator.value.role and operation.path.startswith(creator.value.path):
            return creator.value, deletion
    raise NotChecked(f"nothing that can be made and deleted belongs to {operation.id}")


def shows(answer: Exchange, resources: Resources, item: Item) -> bool:
    """Tell whether an item stands anywhere in an answer."""
    places = resources.places(item.creator)
    return any(
        all(look_up(each, place) == look_up(item.value, place) for place in places)
        for each in objects_in(answer.json(), DEPTH)
    )


def objects_in(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """Yield each object of a JSON value."""
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner if depth else ():
        yield from objects_in(each, depth - 1)


@fault(test_a_lag_shows_nothing_that_is_gone)
def deleted_is_still_among_the_most_viewed(request: Request, answer: Answer) -> None:
    """A list that may be behind in what it counts still shows items that were deleted."""
    is_shown = request.path.endswith("/popular") and answer.status == 200
    if is_shown and (answer.members.get("items") or request.path in request.memory):
        kept = request.memory.setdefault(request.path, answer.copy())
        answer.repeat(kept)
