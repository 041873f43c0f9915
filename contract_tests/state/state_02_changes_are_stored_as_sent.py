"""STATE-02: changes are stored as sent."""

import json
from typing import Any

from bookplate import NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, has_body
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, change
from bookplate.wire import Exchange


def is_change(operation: Operation) -> bool:
    return operation.method in ("PUT", "PATCH") and has_body(operation)


@experiment("STATE-02", source="RFC 9110, section 9.3.4; RFC 7396, section 2", applies=is_change)
def test_changes_are_stored_as_sent(operation: Operation, resources: Resources) -> None:
    """PUT replaces all that can be written, twice as well as once; PATCH changes what it names, and null removes it."""
    prepared = resources.prepare(operation)
    members = operation.members
    defaults = {name: schema.default for name, schema in members.items()}
    done, sent = list[Any](), list[Exchange]()
    for body in bodies(operation, resources, resources.read(prepared), members):
        before = resources.read(prepared)
        answer = resources.write(prepared, before.header("etag"), body)
        if not 200 <= answer.status < 300:
            if body not in done:
                raise NotChecked(f"the change was not made: {answer.describe()}")
            raise Violation(
                f"the second time: {answer.describe()}", expected="success, as before", exchanges=[*sent, answer]
            )
        done.append(body)
        sent.append(answer)
        after, expected = resources.read(prepared), (defaults if operation.method == "PUT" else before.json()) | body
        for name in sorted(members.keys() & before.json().keys()):
            if after.json().get(name) != expected.get(name):
                observed = f"'{name}' is {json.dumps(after.json().get(name))} after {operation.method}"
                raise Violation(observed, expected=json.dumps(expected.get(name)), exchanges=[before, answer, after])


def bodies(operation: Operation, resources: Resources, found: Exchange, members: Any) -> list[Any]:
    """Return what to send: all and the least for PUT, the least twice; for PATCH one member, and null for another."""
    required = operation.required_members
    if operation.method == "PUT":
        whole = resources.samples.body(operation)
        return [whole, *[{name: value for name, value in whole.items() if name in required}] * 2]
    name, value = change(operation, found)
    least = {each: found.json().get(each) for each in required}
    merges = operation.media_type == "application/merge-patch+json"
    there = [each for each in members if each != name and found.json().get(each) is not None and merges]
    nullable = [each for each in there if members[each].allows(None, request=True)]
    return [least | {name: value}, *({each: None} for each in nullable[:1])]


@fault(test_changes_are_stored_as_sent)
def put_merges(request: Request) -> None:
    """PUT keeps what the content leaves out."""
    written = request.memory.setdefault("written", {})
    if request.method == "PUT" and request.members:
        written[request.path] = {**written.get(request.path, {}), **request.members}
        request.rewrite(written[request.path])


@fault(test_changes_are_stored_as_sent)
def twice_is_a_conflict(request: Request, answer: Answer) -> None:
    """A PUT of what is there already is refused."""
    if request.method == "PUT" and answer.status == 200:
        again = request.memory.get(request.path) == request.body
        request.memory[request.path] = request.body
        answer.become(409, where=again)


@fault(test_changes_are_stored_as_sent)
def patch_replaces(request: Request) -> None:
    """PATCH nulls what it does not name."""
    if request.method == "PATCH" and "/books/" in request.path and request.members:
        request.rewrite({"genre": None, "published_year": None, **request.members})


@fault(test_changes_are_stored_as_sent)
def null_is_no_value(request: Request) -> None:
    """PATCH leaves alone what it is told to remove."""
    if request.method == "PATCH" and request.members:
        request.rewrite({name: value for name, value in request.members.items() if value is not None})
