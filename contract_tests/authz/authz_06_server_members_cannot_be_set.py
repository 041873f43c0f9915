"""AUTHZ-06: members that the server writes cannot be set in a body."""

from collections.abc import Mapping
from typing import Any

from bookplate import expect, experiment, fault, partly, said
from bookplate.contract import NOBODY, Operation, Schema, look_up
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import PreparedRequest, Resources, Users, members_of
from bookplate.wire import Exchange, succeeded

from ._shared import content_of, id_of, makes_or_changes, shows, with_inner_members, write_plainly


@experiment("AUTHZ-06", source="OWASP API3:2023", owasp=("API3:2023",), applies=makes_or_changes)
def test_server_members_cannot_be_set(operation: Operation, users: Users, resources: Resources) -> None:
    """
    A body with a member that only the server or another operation writes is refused, or the member has no effect.

    Each member that the answer shows and the request does not take, or takes and calls readOnly, is tried by itself.
    The same request without it succeeds, and does not lead to the same value. A new account has what `begins` of
    x-auth-role says.

    Why it matters: a service that stores every member of a body lets a user become an admin, or make items in the
    name of another.

    To mend it: copy only the members that this operation takes from the content into the object, by a list of
    names, and never the whole content. Set owner, role, tier, id and times on the server after that.
    """
    allowed = resources.prepare(operation)
    stranger_id = id_of(users.stranger)
    made = succeeded(write_plainly(allowed, users, resources), "it is refused as it is")
    for pointer, value in (operation.auth_role.begins if operation.auth_role else {}).items():
        begun = look_up(made.json(), pointer)
        expect.that(
            begun == value,
            f"a new account has {said(begun)} at {pointer}",
            expected=f"{said(value)} there",
            shown=[made],
        )

    for (name, schema), trial in expect.each(members_of_the_server(operation).items()):
        with trial:
            before = current(allowed, made, resources)
            stranger = NOBODY if name == "id" else stranger_id
            value = another_value(members_of(before).get(name), schema, stranger)
            body = with_inner_members(content_of(operation, users, resources), operation, {name: value})

            answer = resources.write(allowed, before.header("etag"), body)
            after = current(allowed, answer, resources)

            what = f"'{name}': {said(value)} in the body"
            is_stored = shows(answer, name, value) or shows(after, name, value)
            expect.no_server_error(answer, what=what)
            if answer.status < 300 and is_stored and comes_without_it(name, value, operation, users, resources):
                partly(f"'{name}': it is {said(value)} without being sent too", tested="other members")
                continue
            expect.that(
                answer.status >= 300 or not is_stored,
                f"{what}: {answer.describe()} and it is stored",
                expected="no effect",
                shown=[answer, after],
            )


def comes_without_it(name: str, value: Any, operation: Operation, users: Users, resources: Resources) -> bool:
    """Tell whether a member has a value after the same request without it, on a fresh resource: it moves by itself."""
    fresh = resources.prepare(operation)
    made = write_plainly(fresh, users, resources)
    return shows(made, name, value) or shows(current(fresh, made, resources), name, value)


def current(allowed: PreparedRequest, made: Exchange, resources: Resources) -> Exchange:
    """Return what shows the item: the answer that made it, or a reading of what the operation changes."""
    if allowed.operation.adds:
        return made
    return resources.read(allowed)


def members_of_the_server(operation: Operation) -> Mapping[str, Schema]:
    """Return what an answer shows and the request does not take, or takes and calls readOnly."""
    taken = operation.inner_members
    return {name: schema for name, schema in operation.answered_members.items() if taken and name not in taken}


TIMESTAMP = "2001-02-03T04:05:06.000000Z"


def another_value(value: Any, schema: Schema, stranger: Any) -> Any:
    """Return a value that a schema allows and that is not this one; a stranger's id where it fits."""
    choices = [*reversed(schema.enum), stranger, NOBODY, TIMESTAMP, True, False, f"{value}x"]
    return next((choice for choice in choices if choice != value and schema.allows(choice)), NOBODY)


def take_from_the_body(request: Request, name: str) -> Steps:
    """Make a new item with a member as the body has it."""
    if request.method != "POST":
        yield
        return
    value = request.take(name)

    answer = yield

    if value and answer.status == 201:
        answer.put(**{name: value})


@fault(test_server_members_cannot_be_set)
def role_is_taken_from_the_body(request: Request) -> Steps:
    """A new account has the role that the body names, such as admin."""
    yield from take_from_the_body(request, "role")


@fault(test_server_members_cannot_be_set)
def owner_is_taken_from_the_body(request: Request) -> Steps:
    """A new item belongs to the user that the body names."""
    yield from take_from_the_body(request, "owner_id")


@fault(test_server_members_cannot_be_set, statuses=(201,))
def new_accounts_have_the_highest_tier(request: Request, answer: Answer) -> None:
    """A new account is in the highest tier."""
    if request.path.endswith("/register"):
        answer.put(tier="premium")
