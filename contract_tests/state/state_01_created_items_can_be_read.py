"""STATE-01: created items can be read."""

from collections.abc import Mapping
from functools import partial

from bookplate import expect, experiment, fault, said
from bookplate.contract import Operation, Schema, is_creator, names_what_it_makes
from bookplate.faults import Answer, Request
from bookplate.fixtures import Item, Resources, holds, members_of, members_sent
from bookplate.wire import Exchange


def makes_items(operation: Operation) -> bool:
    return is_creator(operation) or names_what_it_makes(operation)


@experiment(
    "STATE-01", source="RFC 9110, section 15.3.2", applies=makes_items, checks=("ensure_resource_availability",)
)
def test_created_items_can_be_read(operation: Operation, resources: Resources) -> None:
    """
    After a creation, a GET of its Location returns the new item, with the members that were sent.

    It equals the content of the answer to the creation, where that has content of the same schema; of another schema, the
    members that both have are compared. Members that the document does not show in that answer, and members that differ
    between two equal reads, are left out. A null in that answer says nothing of a member that reads otherwise: a service
    may leave out what is long.

    Why it matters: a client follows the Location of what it has just made. Where that is 404, or another item, the
    client takes its own success for a failure and makes the item again.

    To mend it: commit before the answer is sent, and build Location and id from the row that was stored. Look at
    members that the model does not map, and at reads that go to a replica which is behind.
    """
    item = resources.plant(operation)

    found = resources.at_location(item)

    evidence = [item.made, found]
    expect.status(200, found, what="the Location of the new item", after=[item.made])
    expect.readable(found, after=[item.made])
    reader = resources.reader_of(operation)
    made = members_of(item.made) if item.read is None else {}
    read = members_of(found)
    shown = {name: read.get(name) if value is None else value for name, value in made.items()} or read
    different = changed_since(item, found, reader, resources) if made else []
    observed = f"the item reads otherwise than the answer to its creation: {', '.join(different)}"
    expect.that(not different, observed, expected="what was answered", shown=evidence)
    for name, value in members_sent(operation, item.made).items():
        if name in documented_members(operation, reader, is_shown=bool(made)):
            observed = (
                f"'{name}' was sent as {said(value)}, and {found.method} {found.path} shows {said(shown.get(name))}"
            )
            expect.that(holds(shown.get(name), value), observed, expected="what was sent", shown=evidence)


def changed_since(item: Item, found: Exchange, reader: Operation | None, resources: Resources) -> list[str]:
    """Return what reads otherwise than when it was made; where schemas differ, of the members that both answers have."""
    moved = resources.moving.changes(item.made, found, partial(resources.at_location, item))
    made = members_of(item.made)
    different = [pointer for pointer in moved if made.get(pointer.split("/")[1], moved) is not None]
    if reader is not None and reader.shown == item.creator.created:
        return different
    in_common = members_of(found).keys() & members_of(item.made).keys()
    return [pointer for pointer in different if pointer.split("/")[1] in in_common]


def documented_members(creator: Operation, reader: Operation | None, *, is_shown: bool) -> Mapping[str, Schema]:
    """Return the members that the answer to a creation documents; where it has no content, those of the answer to a GET."""
    schema = creator.created if is_shown or reader is None else reader.shown
    members = schema.properties if schema else {}
    return {name: member for name, member in members.items() if not member.is_write_only}


@fault(test_created_items_can_be_read)
def creation_is_forgotten(request: Request, answer: Answer) -> None:
    """A new item is not found afterwards."""
    item = answer.headers.get("location", request.path)
    if answer.status == 201:
        request.remember(item)
    elif item in request.memory and request.method != "POST":
        answer.become(404)


@fault(test_created_items_can_be_read)
def a_field_is_lost(request: Request, answer: Answer) -> None:
    """The first member of a new item is not kept."""
    if request.method == "POST" and answer.status == 201:
        request.memory["lost"] = next(iter(request.json()))
    lost = request.memory.get("lost")
    if lost in answer.members:
        answer.put(**{lost: "lost"})


@fault(test_created_items_can_be_read, statuses=(201,))
def location_leads_elsewhere(request: Request, answer: Answer) -> None:
    """The Location of a new item is that of another one."""
    answer.headers["location"] += "9"


@fault(test_created_items_can_be_read, statuses=(201,))
def the_link_leads_to_another_item(request: Request, answer: Answer) -> None:
    """The id in the answer to a creation, by which its links lead on, is that of the next item."""
    if isinstance(answer.members.get("id"), int):
        answer.put(id=answer.members["id"] + 1)
