"""State: what was made is there, what was deleted is gone."""

import json
from collections.abc import Generator

from ..accounts import Accounts, told
from ..document import Document
from ..fault import Answer, Request
from ..operation import Operation, is_creator
from ..rule import Violation, delegated, experiment
from ..shelf import Shelf


def is_about_an_item(operation: Operation) -> bool:
    return bool(operation.path_parameters)


@experiment("STATE-01", source="RFC 9110, section 15.3.2", applies=is_creator, checks=("ensure_resource_availability",))
def made_is_there(operation: Operation, document: Document, accounts: Accounts, shelf: Shelf) -> None:
    """What was made can be read at its Location right afterwards, and says what was sent and answered."""
    item = shelf.plant(operation, accounts.a)
    found = shelf.at_location(item)

    shown = [item.made, found]
    if found.status != 200:
        raise Violation(f"the new item's Location: {told(found)}", expected="200", exchanges=shown)
    if found.json() != item.value:
        raise Violation("the item reads otherwise than the answer to its creation", exchanges=shown)
    shape = document.resolve(operation.response_schema("201")) or {}
    for name, value in json.loads(item.made.request_body).items():
        if name in shape.get("properties", {}) and item.value.get(name) != value:
            raise Violation(f"'{name}' is not what was sent", expected=str(value)[:100], exchanges=shown)


deleted_is_gone = delegated(
    "STATE-03",
    "What was deleted cannot be read or changed any more.",
    check="use_after_free",
    source="RFC 9110, section 9.3.5",
    applies=is_about_an_item,
)


@made_is_there.broken_by
def creation_is_forgotten(request: Request) -> Generator[None, Answer, None]:
    """Items that were just made are not found."""
    answer = yield
    made = request.memory.setdefault("made", set())
    if request.method == "POST" and answer.status == 201:
        made.add(answer.headers.get("location"))
    elif request.path in made:
        answer.become(404)


@made_is_there.broken_by
def a_field_is_lost(request: Request) -> Generator[None, Answer, None]:
    """One of the fields sent is not kept."""
    answer = yield
    if request.method == "POST" and answer.status == 201:
        request.memory["lost"] = next(iter(request.json()))
    body = answer.json()
    if "lost" in request.memory and isinstance(body, dict) and request.memory["lost"] in body:
        answer.rewrite({**body, request.memory["lost"]: "lost"})


@made_is_there.broken_by
def location_leads_elsewhere(request: Request) -> Generator[None, Answer, None]:
    """Location is the item that will be made next."""
    answer = yield
    if answer.status == 201:
        answer.headers["location"] += "9"


@deleted_is_gone.broken_by
def deletion_is_pretended(request: Request) -> Generator[None, Answer, None]:
    """Deleting answers 204 and deletes nothing."""
    gone = request.memory.setdefault("gone", {})
    answer = yield
    if request.method == "POST" and answer.status == 201:
        gone[answer.headers.get("location")] = (dict(answer.headers), answer.body)
    elif request.method == "GET" and answer.status == 404 and request.path in gone:
        answer.status, (answer.headers, answer.body) = 200, gone[request.path]
