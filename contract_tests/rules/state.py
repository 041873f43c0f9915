"""State: what was made is there, what was deleted is gone."""

import json
from dataclasses import replace
from typing import Any

from ..accounts import succeeded, told
from ..exchange import Exchange
from ..fault import Answer, Request
from ..operation import Operation, has_body, is_creator
from ..rule import SHOULD, NotChecked, Violation, experiment
from ..shelf import Shelf
from ..writing import change, lists_of, shown


def is_about_an_item(operation: Operation) -> bool:
    return bool(operation.path_parameters)


def is_change(operation: Operation) -> bool:
    return operation.method in ("PUT", "PATCH") and has_body(operation)


def is_deletion(operation: Operation) -> bool:
    return operation.method == "DELETE" and is_about_an_item(operation)


@experiment("STATE-01", source="RFC 9110, section 15.3.2", applies=is_creator, checks=("ensure_resource_availability",))
def made_is_there(operation: Operation, shelf: Shelf) -> None:
    """What was made can be read at its Location right afterwards, and says what was sent and answered."""
    item = shelf.plant(operation, shelf.accounts.a)
    found = shelf.at_location(item)

    shown = [item.made, found]
    if found.status != 200:
        raise Violation(f"the new item's Location: {told(found)}", expected="200", exchanges=shown)
    if found.json() != item.value:
        raise Violation("the item reads otherwise than the answer to its creation", exchanges=shown)
    shape = shelf.document.resolve(operation.response_schema("201")) or {}
    for name, value in json.loads(item.made.request_body).items():
        if name in shape.get("properties", {}) and item.value.get(name) != value:
            raise Violation(f"'{name}' is not what was sent", expected=str(value)[:100], exchanges=shown)


@experiment("STATE-03", source="RFC 9110, section 9.3.5", applies=is_deletion, checks=("use_after_free",))
def deleted_is_gone(operation: Operation, shelf: Shelf) -> None:
    """What was deleted cannot be read or changed any more."""
    visit = shelf.visit(operation)
    tag = shelf.read(visit).header("etag")
    gone = succeeded(shelf.write(visit, tag), "nothing was deleted")
    for other in shelf.document.operations:
        if other.path == operation.path and other is not operation:
            answer = shelf.write(replace(visit, operation=other), tag)
            if answer.status < 400:
                raise Violation(f"after its deletion: {told(answer)}", expected="404", exchanges=[gone, answer])


@experiment("STATE-02", source="RFC 9110, section 9.3.4; RFC 7396, section 2", applies=is_change)
def changes_are_what_was_sent(operation: Operation, shelf: Shelf) -> None:
    """PUT replaces all that can be written, twice as well as once; PATCH changes what it names, and null removes it."""
    visit = shelf.visit(operation)
    members = shelf.document.members(operation)
    defaults = {name: shelf.document.resolve(schema).get("default") for name, schema in members.items()}
    done, sent = list[Any](), list[Exchange]()
    for body in bodies(operation, shelf, shelf.read(visit), members):
        before = shelf.read(visit)
        answer = shelf.write(visit, before.header("etag"), body)
        if not 200 <= answer.status < 300:
            if body not in done:
                raise NotChecked(f"the change was not made: {told(answer)}")
            raise Violation(
                f"the second time: {told(answer)}", expected="success, as before", exchanges=[*sent, answer]
            )
        done.append(body)
        sent.append(answer)
        after, expected = shelf.read(visit), (defaults if operation.method == "PUT" else before.json()) | body
        for name in sorted(members.keys() & before.json().keys()):
            if after.json().get(name) != expected.get(name):
                observed = f"'{name}' is {json.dumps(after.json().get(name))} after {operation.method}"
                raise Violation(observed, expected=json.dumps(expected.get(name)), exchanges=[before, answer, after])


def bodies(operation: Operation, shelf: Shelf, found: Exchange, members: Any) -> list[Any]:
    """Return what to send: all and the least for PUT, the least twice; for PATCH one member, and null for another."""
    required = (shelf.document.resolve(operation.body_schema()) or {}).get("required", ())
    if operation.method == "PUT":
        whole = shelf.samples.body(operation)
        return [whole, *[{name: value for name, value in whole.items() if name in required}] * 2]
    name, value = change(operation, shelf, found)
    least = {each: found.json().get(each) for each in required}
    merges = operation.body_media == "application/merge-patch+json"
    there = [each for each in members if each != name and found.json().get(each) is not None and merges]
    nullable = [each for each in there if not shelf.document.violations(members[each], None, request=True)]
    return [least | {name: value}, *({each: None} for each in nullable[:1])]


@experiment("STATE-06", source="RFC 9110, section 9.3.5", applies=is_deletion)
def deleted_is_nowhere(operation: Operation, shelf: Shelf) -> None:
    """What was deleted is in no list any more, and deleting it again is 404 where that is documented."""
    visit = shelf.visit(operation)
    assert visit.item is not None
    item, lists = visit.item.value, lists_of(visit.item.creator, shelf.document)
    lists = [each for each in lists if each.key(item) in shown(each, shelf, item)[0]]
    tag = shelf.read(visit).header("etag")
    gone = succeeded(shelf.write(visit, tag), "nothing was deleted")
    for each in lists:
        there, pages = shown(each, shelf, item)
        if each.key(item) in there:
            raise Violation(f"{each.id} lists it still", expected="it is gone", exchanges=[gone, pages[-1]])
    again = shelf.write(visit, tag)
    if "404" in operation.responses and again.status not in (404, 410):
        raise Violation(f"deleting again: {told(again)}", expected="404", exchanges=[gone, again])


@experiment("STATE-07", level=SHOULD, source="RFC 9110, section 9.3.5", applies=is_deletion)
def ids_are_not_given_again(operation: Operation, shelf: Shelf) -> None:
    """The id of something deleted is not given to the next thing made: old links would lead to it."""
    visit = shelf.visit(operation)
    assert visit.item is not None
    gone = shelf.write(visit, shelf.read(visit).header("etag"))
    fresh = shelf.plant(visit.item.creator, shelf.accounts.a)
    if shelf.arguments(operation, fresh) == shelf.arguments(operation, visit.item):
        raise Violation("an id was given again", expected="a new id", exchanges=[visit.item.made, gone, fresh.made])


@made_is_there.broken_by
def creation_is_forgotten(request: Request, answer: Answer) -> None:
    """Items that were just made are not found."""
    item = answer.headers.get("location", request.path)
    answer.become(404, where=request.before(item, answer.status == 201) and request.method != "POST")


@made_is_there.broken_by
def a_field_is_lost(request: Request, answer: Answer) -> None:
    """One of the fields sent is not kept."""
    if request.method == "POST" and answer.status == 201:
        request.memory["lost"] = next(iter(request.json()))
    if request.memory.get("lost") in answer.members:
        answer.put(**{request.memory["lost"]: "lost"})


@made_is_there.broken_at(201)
def location_leads_elsewhere(request: Request, answer: Answer) -> None:
    """Location is the item that will be made next."""
    answer.headers["location"] += "9"


@deleted_is_gone.broken_by
def deletion_is_pretended(request: Request, answer: Answer) -> None:
    """Deleting answers 204 and deletes nothing."""
    if request.method == "POST" and answer.status == 201:
        request.memory[answer.headers.get("location")] = answer.copy()
    elif request.method == "GET" and answer.status == 404 and request.path in request.memory:
        answer.repeat(request.memory[request.path])
        answer.status = 200


@changes_are_what_was_sent.broken_by
def put_merges(request: Request) -> None:
    """PUT keeps what the content leaves out."""
    written = request.memory.setdefault("written", {})
    if request.method == "PUT" and request.members:
        written[request.path] = {**written.get(request.path, {}), **request.members}
        request.rewrite(written[request.path])


@changes_are_what_was_sent.broken_by
def twice_is_a_conflict(request: Request, answer: Answer) -> None:
    """A PUT of what is there already is refused."""
    if request.method == "PUT" and answer.status == 200:
        again = request.memory.get(request.path) == request.body
        request.memory[request.path] = request.body
        answer.become(409, where=again)


@changes_are_what_was_sent.broken_by
def patch_replaces(request: Request) -> None:
    """PATCH nulls what it does not name."""
    if request.method == "PATCH" and "/books/" in request.path and request.members:
        request.rewrite({"genre": None, "published_year": None, **request.members})


@changes_are_what_was_sent.broken_by
def null_is_no_value(request: Request) -> None:
    """PATCH leaves alone what it is told to remove."""
    if request.method == "PATCH" and request.members:
        request.rewrite({name: value for name, value in request.members.items() if value is not None})


@deleted_is_nowhere.broken_by
def deleted_is_still_listed(request: Request, answer: Answer) -> None:
    """Lists show what was deleted."""
    seen = request.memory.setdefault(request.path, {})
    if "items" in answer.members:
        seen |= {item["id"]: item for item in answer.members["items"] if "id" in item}
        answer.put(items=list(seen.values()))


@deleted_is_nowhere.broken_by
def deleting_nothing_succeeds(request: Request, answer: Answer) -> None:
    """Deleting what is not there is 204."""
    if request.method == "DELETE" and answer.status == 404:
        answer.status, answer.body = 204, b""


@ids_are_not_given_again.broken_by
def ids_are_given_again(request: Request, answer: Answer) -> None:
    """The next thing made gets the id of what was deleted."""
    if request.method == "DELETE" and answer.status == 204:
        request.memory["free"] = int(request.path.rpartition("/")[2])
    elif request.method == "POST" and answer.status == 201 and "free" in request.memory:
        answer.put(id=request.memory.pop("free"))
