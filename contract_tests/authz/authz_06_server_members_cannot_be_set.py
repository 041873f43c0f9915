"""AUTHZ-06: members that the server writes cannot be set in a body."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from bookplate import NotChecked, expect, experiment, fault, partly
from bookplate.contract import NOBODY, Operation, Schema, has_body
from bookplate.faults import Request, Steps
from bookplate.fixtures import PreparedRequest, Resources, User, Users, members_of, with_members
from bookplate.wire import Exchange, succeeded


def makes_or_changes(operation: Operation) -> bool:
    return has_body(operation) and (operation.creates or operation.method in ("PUT", "PATCH"))


@experiment("AUTHZ-06", source="OWASP API3:2023", applies=makes_or_changes)
def test_server_members_cannot_be_set(operation: Operation, users: Users, resources: Resources) -> None:
    """
    A body with a member that only the server or another operation writes is refused, or the member has no effect.

    Each member that the answer shows and the request does not take, or takes and calls readOnly, is tried by itself.
    The same request without it succeeds, and does not lead to the same value. Usual names of privileges that the document
    does not have, such as `is_admin`, are tried all at once; a service that keeps any member at all is let be.

    Why it matters: a service that stores every member of a body lets a user become an admin, or make items in the
    name of another.
    """
    allowed = resources.prepare(operation)
    made = succeeded(write_plainly(allowed, resources), "it is refused as it is")

    parts = (
        partial(shown_members_are_the_servers, allowed, made, id_of(users.stranger), resources),
        partial(privileges_are_not_given, allowed, made, resources),
    )
    for part, trial in expect.each(parts):
        with trial:
            part()


def shown_members_are_the_servers(
    allowed: PreparedRequest, made: Exchange, stranger_id: Any, resources: Resources
) -> None:
    """Send each member that the answer shows and the request does not take, and expect it not to be stored."""
    operation = allowed.operation
    for (name, schema), trial in expect.each(members_of_the_server(operation).items()):
        with trial:
            before = current(allowed, made, resources)
            stranger = NOBODY if name == "id" else stranger_id
            value = another_value(members_of(before).get(name), schema, stranger)
            body = with_members(resources.samples.body(operation), {name: value})

            answer = resources.write(allowed, before.header("etag"), body)
            after = current(allowed, answer, resources)

            what = f"'{name}': {value!r} in the body"
            is_stored = shows(answer, name, value) or shows(after, name, value)
            expect.no_server_error(answer, what=what)
            if answer.status < 300 and is_stored and comes_without_it(name, value, operation, resources):
                partly(f"'{name}': it is {value!r} without being sent too", tested="other members")
                continue
            expect.that(
                answer.status >= 300 or not is_stored,
                f"{what}: {answer.describe()} and it is stored",
                expected="no effect",
                shown=[answer, after],
            )


def privileges_are_not_given(allowed: PreparedRequest, made: Exchange, resources: Resources) -> None:
    """Send members of which the document says nothing and that would give power, and expect no read to show them."""
    operation = allowed.operation
    unknown = operation.members.keys() | members_of_the_server(operation).keys()
    asked = {name: value for name, value in PRIVILEGES.items() if name not in unknown}
    body = resources.samples.body(operation)
    if not isinstance(body, dict):
        raise NotChecked(f"{operation.id} takes no object, so that no member can be added")
    before = current(allowed, made, resources)

    answer = resources.write(allowed, before.header("etag"), with_members(body, {**asked, **HARMLESS}))
    after = current(allowed, answer, resources)

    expect.no_server_error(answer, what="members of which the document says nothing")
    is_done = answer.status < 300
    if is_done and all(shows(after, name, value) for name, value in HARMLESS.items()):
        partly("privileges: the service keeps whatever members it is sent", tested="members that the server writes")
        return
    stored = [name for name, value in asked.items() if is_done and shows(after, name, value)]
    for name, trial in expect.each(stored):
        with trial:
            what = f"'{name}': {asked[name]!r}, of which the document says nothing, in the body"
            expect.that(
                comes_without_it(name, asked[name], operation, resources),
                f"{what}: {answer.describe()} and it is stored",
                expected="no effect",
                shown=[answer, after],
            )


def comes_without_it(name: str, value: Any, operation: Operation, resources: Resources) -> bool:
    """Tell whether a member has a value after the same request without it, on a fresh resource: it moves by itself."""
    fresh = resources.prepare(operation)
    made = write_plainly(fresh, resources)
    return shows(made, name, value) or shows(current(fresh, made, resources), name, value)


def id_of(user: User) -> Any:
    """Return the id of a user's account; None where nothing shows it."""
    return None if user.made is None else members_of(user.made).get("id")


def write_plainly(allowed: PreparedRequest, resources: Resources) -> Exchange:
    """Send the request of an operation with nothing in its body that the operation does not take."""
    if allowed.operation.adds:
        return resources.write(allowed, None)
    before = resources.read(allowed)
    return resources.write(allowed, before.header("etag"))


def current(allowed: PreparedRequest, made: Exchange, resources: Resources) -> Exchange:
    """Return what shows the item: the answer that made it, or a reading of what the operation changes."""
    if allowed.operation.adds:
        return made
    return resources.read(allowed)


def members_of_the_server(operation: Operation) -> Mapping[str, Schema]:
    """Return what an answer shows and the request does not take, or takes and calls readOnly."""
    taken = operation.members
    return {name: schema for name, schema in operation.answered_members.items() if taken and name not in taken}


# Members that give power where a service stores whatever it is sent.
PRIVILEGES: Mapping[str, Any] = {
    **dict.fromkeys(("admin", "is_admin", "isAdmin", "is_staff", "is_superuser", "verified", "is_verified"), True),
    **dict.fromkeys(("role", "user_role", "userRole"), "admin"),
    **dict.fromkeys(("owner", "owner_id", "ownerId", "user_id", "userId", "id"), NOBODY),
    **dict.fromkeys(("balance", "credit"), 1000000),
}
# A service that keeps this one keeps everything, and then no member is a privilege.
HARMLESS: Mapping[str, Any] = {"remark_of_nobody": "anything"}
TIMESTAMP = "2001-02-03T04:05:06.000000Z"


def another_value(value: Any, schema: Schema, stranger: Any) -> Any:
    """Return a value that a schema allows and that is not this one; a stranger's id where it fits."""
    choices = [*reversed(schema.enum), stranger, NOBODY, TIMESTAMP, True, False, f"{value}x"]
    return next((choice for choice in choices if choice != value and schema.allows(choice)), NOBODY)


# A server may store a timestamp with another precision: so much of a value is compared.
COMPARED = 10


def shows(answer: Exchange, name: str, value: Any) -> bool:
    """Tell whether an answer shows a value, as far as it is compared."""
    shown = members_of(answer).get(name)
    return str(shown)[:COMPARED] == str(value)[:COMPARED]


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


@fault(test_server_members_cannot_be_set)
def a_member_that_nobody_declared_is_stored(request: Request) -> Steps:
    """A new account is an admin where the body says so, although no document has such a member."""
    if request.method != "POST":
        yield
        return
    asked = {name: request.take(name) for name in (*PRIVILEGES, *HARMLESS)}

    answer = yield

    if asked["is_admin"] and answer.status == 201:
        answer.put(is_admin=asked["is_admin"])
