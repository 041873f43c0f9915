"""STATE-01: created items can be read."""

import json

from bookplate import expect, experiment, fault
from bookplate.contract import Operation, is_creator
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources


@experiment("STATE-01", source="RFC 9110, section 15.3.2", applies=is_creator, checks=("ensure_resource_availability",))
def test_created_items_can_be_read(operation: Operation, resources: Resources) -> None:
    """
    After a creation, a GET of its Location returns the new item, with the members that were sent.

    It equals the content of the answer 201. Members that the document does not show in that answer are left out.

    Why it matters: a client follows the Location of what it has just made. Where that is 404, or another item, the
    client takes its own success for a failure and makes the item again.
    """
    item = resources.plant(operation, resources.users.owner)

    found = resources.at_location(item)

    shown = [item.made, found]
    expect.status(200, found, what="the Location of the new item", after=[item.made])
    expect.that(found.json() == item.value, "the item reads otherwise than the answer to its creation", shown=shown)
    documented = operation.response(201).members
    for name, value in json.loads(item.made.request_body).items():
        if name in documented:
            observed = f"'{name}' is not as it was sent"
            expect.that(item.value.get(name) == value, observed, expected=str(value)[:100], shown=shown)


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
