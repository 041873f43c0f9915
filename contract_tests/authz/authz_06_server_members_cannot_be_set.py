"""AUTHZ-06: server members cannot be set."""

from typing import Any

from bookplate import Violation, experiment, fault
from bookplate.contract import NOBODY, Operation, Schema, has_body, look_up
from bookplate.faults import Request, Steps
from bookplate.fixtures import Resources, Users
from bookplate.wire import succeeded


def makes_or_changes(operation: Operation) -> bool:
    return has_body(operation) and (operation.creates or operation.method in ("PUT", "PATCH"))


@experiment("AUTHZ-06", source="OWASP API3:2023", applies=makes_or_changes)
def test_server_members_cannot_be_set(operation: Operation, users: Users, resources: Resources) -> None:
    """A member that only the server writes, or only another operation, has no effect in a body: refused or left aside."""
    prepared, samples, made = resources.prepare(operation), resources.samples, users.stranger.made
    creates, stranger = operation.creates, look_up(made.json() if made else None, "/id")
    first = resources.write(prepared, None if creates else resources.read(prepared).header("etag"))
    succeeded(first, "it is refused as it is")
    for name, schema in of_the_server(operation).items():
        before = first if creates else resources.read(prepared)
        current, whose = look_up(before.json(), f"/{name}"), NOBODY if name == "id" else stranger
        value = another(current, schema, whose)
        answer = resources.write(prepared, before.header("etag"), {**samples.body(operation), name: value})
        shown = [answer] if creates else [answer, resources.read(prepared)]
        taken = any(str(look_up(each.json(), f"/{name}"))[:10] == str(value)[:10] for each in shown)
        if answer.status >= 500 or (answer.status < 300 and taken):
            raise Violation(
                f"'{name}': {value!r} in the body: {answer.describe()}", expected="no effect", exchanges=shown
            )


def of_the_server(operation: Operation) -> dict[str, Schema]:
    """Return what an answer shows and the request does not take, or takes and calls readOnly."""
    taken, own = operation.members, operation.success.members
    return {name: schema for name, schema in own.items() if taken and (name not in taken or schema.is_read_only)}


def another(value: Any, schema: Schema, stranger: Any) -> Any:
    """Return a value that a schema allows and that is not this one; a stranger's id where it fits."""
    choices = [*schema.enum[::-1], stranger, NOBODY, "2001-02-03T04:05:06.000000Z", True, False, f"{value}x"]
    return next((each for each in choices if each != value and schema.allows(each)), NOBODY)


def takes_over(request: Request, name: str) -> Steps:
    """Make a new thing with a member that the body brings."""
    value = request.take(name) if request.method == "POST" else None
    answer = yield
    if value and answer.status == 201:
        answer.put(**{name: value})


@fault(test_server_members_cannot_be_set)
def role_is_taken_at_sign_up(request: Request) -> Steps:
    """Whoever signs up as an admin is one."""
    yield from takes_over(request, "role")


@fault(test_server_members_cannot_be_set)
def items_are_made_for_others(request: Request) -> Steps:
    """A new item belongs to whom the body names."""
    yield from takes_over(request, "owner_id")
