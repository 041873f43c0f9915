"""STATE-02: changes are stored as sent."""

import json
from collections.abc import Mapping
from typing import Any

from bookplate import NotChecked, expect, experiment, fault, partly
from bookplate.contract import Operation, has_body
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, changed_member, members_of
from bookplate.wire import Exchange, succeeded


def is_change(operation: Operation) -> bool:
    """It replaces or changes an item by the content that it takes."""
    return operation.method in ("PUT", "PATCH") and has_body(operation)


@experiment("STATE-02", source="RFC 9110, section 9.3.4; RFC 7396, section 2", applies=is_change)
def test_changes_are_stored_as_sent(operation: Operation, resources: Resources) -> None:
    """
    After PUT, each member is as sent or else its default; after PATCH, only the members that were sent are changed.

    The same PUT, sent twice, succeeds twice and has the effect of one. In a merge patch a null removes a member. What the
    service sets itself in a new item too, and what differs between two equal reads, is left out.

    Why it matters: a user who clears a field still finds the old value, or a user who changes one field loses another.
    A client that repeats a PUT after a lost answer takes an error for a lost change.
    """
    prepared = resources.prepare(operation)
    sent: list[Any] = []
    answers: list[Exchange] = []
    for body in contents(operation, resources, resources.read(prepared)):
        before = resources.read(prepared)

        answer = resources.write(prepared, before.header("etag"), body)

        if body in sent:
            expect.success(answer, what="the second time", because="it was the first time", after=answers)
        succeeded(answer, "the change was not made")
        sent.append(body)
        answers.append(answer)
        after = resources.read(prepared)
        found = members_of(before)
        due = members_due(operation, body, found)
        for name in sorted(operation.members.keys() & found.keys()):
            stored = members_of(after).get(name)
            if stored != due.get(name) and is_the_services_own(name, body, prepared, resources):
                partly(f"'{name}': the service sets it itself, also in what is made", tested="other members")
                continue
            observed = f"'{name}' is {json.dumps(stored)} after {operation.method}"
            expected = json.dumps(due.get(name))
            expect.that(stored == due.get(name), observed, expected=expected, shown=[before, answer, after])


def is_the_services_own(name: str, sent: Any, prepared: PreparedRequest, resources: Resources) -> bool:
    """
    Tell whether a member is not what requests make it: it differs between two equal reads, or a creation sets it otherwise.

    A creation that leaves it out as this request did, and shows a value of it, shows the service's own default. One that
    sends it, and shows another value, shows that it is derived.
    """
    first, again = members_of(resources.read(prepared)), members_of(resources.read(prepared))
    if first.get(name) != again.get(name):
        return True
    if prepared.item is None or prepared.item.creator.role:
        return False
    creator, owner, parent = prepared.item.creator, prepared.item.owner, prepared.item.parent
    body = resources.samples.body(creator)
    if not isinstance(body, dict):
        return False
    if name not in sent:
        body = {each: value for each, value in body.items() if each != name}
    made = resources.call(PreparedRequest(creator, owner, parent), body=body)
    shown = members_of(made)
    default = creator.members[name].default if name in creator.members else None
    return made.status < 300 and name in shown and shown[name] != body.get(name, default)


MERGE_PATCH = "application/merge-patch+json"


def contents(operation: Operation, resources: Resources, found: Exchange) -> list[dict[str, Any]]:
    """Return what to send to an item that was found, one after the other."""
    if operation.method == "PUT":
        return replacements(operation, resources)
    return changes(operation, found)


def replacements(operation: Operation, resources: Resources) -> list[dict[str, Any]]:
    """Return the content of each PUT: all members, then the required ones alone, twice."""
    whole = resources.samples.body(operation)
    if not isinstance(whole, dict):
        raise NotChecked(f"{operation.id} takes no object, so there are no members to compare")
    least = {name: value for name, value in whole.items() if name in operation.required_members}
    return [whole, least, least]


def changes(operation: Operation, found: Exchange) -> list[dict[str, Any]]:
    """Return the content of each PATCH: a member that changes, and a null for another where that is a merge patch."""
    name, value = changed_member(operation, found)
    item = members_of(found)
    required = {each: item.get(each) for each in operation.required_members}
    sent = [{**required, name: value}]
    if operation.media_type == MERGE_PATCH:
        others = [each for each in operation.members if each != name and item.get(each) is not None]
        removable = [each for each in others if operation.members[each].allows(None, request=True)]
        sent += [{each: None} for each in removable[:1]]
    return sent


def members_due(operation: Operation, sent: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the members of an item have to be, after it was as `before` and something was sent."""
    if operation.method == "PUT":
        defaults = {name: schema.default for name, schema in operation.members.items()}
        return {**defaults, **sent}
    return {**before, **sent}


@fault(test_changes_are_stored_as_sent)
def put_merges(request: Request) -> None:
    """PUT keeps the members that its content leaves out."""
    written = request.memory.setdefault("written", {})
    if request.method == "PUT" and request.members:
        written[request.path] = {**written.get(request.path, {}), **request.members}
        request.rewrite(written[request.path])


@fault(test_changes_are_stored_as_sent)
def twice_is_a_conflict(request: Request, answer: Answer) -> None:
    """A PUT that changes nothing is refused."""
    if request.method == "PUT" and answer.status == 200:
        is_repeated = request.memory.get(request.path) == request.body
        request.memory[request.path] = request.body
        if is_repeated:
            answer.become(409)


@fault(test_changes_are_stored_as_sent)
def patch_replaces(request: Request) -> None:
    """PATCH removes the members that its content leaves out."""
    if request.method == "PATCH" and "/books/" in request.path and request.members:
        request.rewrite({"genre": None, "published_year": None, **request.members})


@fault(test_changes_are_stored_as_sent)
def null_is_no_value(request: Request) -> None:
    """PATCH ignores a null."""
    if request.method == "PATCH" and request.members:
        request.rewrite({name: value for name, value in request.members.items() if value is not None})
