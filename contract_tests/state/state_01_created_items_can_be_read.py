"""STATE-01: created items can be read."""

import json

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, is_creator
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources


@experiment("STATE-01", source="RFC 9110, section 15.3.2", applies=is_creator, checks=("ensure_resource_availability",))
def test_created_items_can_be_read(operation: Operation, resources: Resources) -> None:
    """What was made can be read at its Location right afterwards, and says what was sent and answered."""
    item = resources.plant(operation, resources.users.owner)
    found = resources.at_location(item)

    shown = [item.made, found]
    if found.status != 200:
        raise Violation(f"the new item's Location: {found.describe()}", expected="200", exchanges=shown)
    if found.json() != item.value:
        raise Violation("the item reads otherwise than the answer to its creation", exchanges=shown)
    shape = operation.response(201).members
    for name, value in json.loads(item.made.request_body).items():
        if name in shape and item.value.get(name) != value:
            raise Violation(f"'{name}' is not what was sent", expected=str(value)[:100], exchanges=shown)


@fault(test_created_items_can_be_read)
def creation_is_forgotten(request: Request, answer: Answer) -> None:
    """Items that were just made are not found."""
    item = answer.headers.get("location", request.path)
    answer.become(404, where=request.before(item, answer.status == 201) and request.method != "POST")


@fault(test_created_items_can_be_read)
def a_field_is_lost(request: Request, answer: Answer) -> None:
    """One of the fields sent is not kept."""
    if request.method == "POST" and answer.status == 201:
        request.memory["lost"] = next(iter(request.json()))
    if request.memory.get("lost") in answer.members:
        answer.put(**{request.memory["lost"]: "lost"})


@fault(test_created_items_can_be_read, statuses=(201,))
def location_leads_elsewhere(request: Request, answer: Answer) -> None:
    """Location is the item that will be made next."""
    answer.headers["location"] += "9"
