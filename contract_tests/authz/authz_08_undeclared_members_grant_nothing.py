"""AUTHZ-08: members that the document does not know grant nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from bookplate import NotChecked, expect, experiment, fault, listed, partly, said
from bookplate.contract import NOBODY, Operation, has_role, look_up
from bookplate.faults import Request, Steps
from bookplate.fixtures import PreparedRequest, Resources, Users, members_of
from bookplate.wire import Exchange, succeeded

from ._shared import content_of, makes_or_changes, with_inner_members

# What services keep beside what a client may say, in the spellings that are usual.
PRIVILEGES: Mapping[str, Any] = {
    "role": "admin",
    "user_role": "admin",
    "userRole": "admin",
    "roles": ["admin"],
    "admin": True,
    "is_admin": True,
    "isAdmin": True,
    "is_staff": True,
    "is_superuser": True,
    "permissions": ["admin"],
    "verified": True,
    "is_verified": True,
    "email_verified": True,
    "emailVerified": True,
    "owner": NOBODY,
    "owner_id": NOBODY,
    "ownerId": NOBODY,
    "user_id": NOBODY,
    "userId": NOBODY,
    "balance": NOBODY,
    "credit": NOBODY,
    "credits": NOBODY,
}
# A member that means nothing: where reads show it, the service keeps whatever it is sent.
MEANINGLESS = "x_bookplate"
# Of so many members that reads alone show each is tried by itself.
MOST_ALONE = 4


def takes_members(operation: Operation) -> bool:
    return makes_or_changes(operation) and len(operation.inner_members) > 0


@experiment("AUTHZ-08", source="OWASP API3:2023", owasp=("API3:2023",), applies=takes_members)
def test_undeclared_members_grant_nothing(operation: Operation, users: Users, resources: Resources) -> None:
    """
    A body with members that the operation does not take, such as `role` or `balance`, is refused, or they change no read.

    Tried are names that services often keep, and all that reads show beside what the operation takes and its answer
    shows. They are sent together, and those that reads show also one by one where the whole is refused. After a sign-up
    the new user reads their account. A service that keeps any member whatever stores data, and grants nothing by it:
    there only what reads show without it counts.

    Why it matters: a service that copies a body into its record lets a user become an admin by one more word.

    To mend it: refuse members that the schema does not name (`additionalProperties: false`), or drop them before
    the content reaches the model. A model that takes any keyword from the content stores what nobody meant to be
    set.
    """
    allowed = resources.prepare(operation)
    plain_body = content_of(operation, users, resources)
    made = succeeded(send(allowed, resources, plain_body), "it is refused as it is")
    plain = shown_by_reads(allowed, made, plain_body, users, resources)
    known = {*operation.inner_members, *operation.answered_members}
    hidden = {name: another(value) for name, value in plain.items() if name not in known}
    undeclared = {**{name: value for name, value in PRIVILEGES.items() if name not in known}, **hidden}

    is_refused = effects_of({**undeclared, MEANINGLESS: "anything"}, plain, allowed, users, resources)
    alone = list(hidden.items())[:MOST_ALONE] if is_refused else []
    for (name, value), trial in expect.each(alone):
        with trial:
            effects_of({name: value}, plain, allowed, users, resources)


def effects_of(
    members: Mapping[str, Any], plain: Mapping[str, Any], allowed: PreparedRequest, users: Users, resources: Resources
) -> bool:
    """Expect members beside valid content to change nothing that reads show; return whether they are refused."""
    operation = allowed.operation
    body = with_inner_members(content_of(operation, users, resources), operation, members)
    answer = send(allowed, resources, body)
    expect.no_server_error(answer, what="with members that the document does not know")
    if answer.status >= 300:
        return True
    after = shown_by_reads(allowed, answer, body, users, resources)
    keeps_all = MEANINGLESS in after
    taken = [
        name
        for name, value in members.items()
        if after.get(name) == value and plain.get(name) != value and not (keeps_all and name not in plain)
    ]
    if taken:
        by_themselves = shown_without(operation, users, resources)
        taken = [name for name in taken if by_themselves.get(name) != members[name]]
    if keeps_all:
        partly("members that no read shows: the service keeps whatever it is sent", tested="those that reads show")
    sent = listed(f"'{name}': {said(members[name])}" for name in taken)
    expect.that(
        not taken,
        f"{sent} in the body, which the document does not know: {answer.describe()}, and reads show it",
        expected="no effect",
        shown=[answer],
        defect="members of the content are stored that the document does not know",
    )
    return False


def shown_without(operation: Operation, users: Users, resources: Resources) -> Mapping[str, Any]:
    """Return what reads show after the same request without any such member, on a fresh resource."""
    fresh = resources.prepare(operation)
    body = content_of(operation, users, resources)
    return shown_by_reads(fresh, send(fresh, resources, body), body, users, resources)


def send(allowed: PreparedRequest, resources: Resources, body: Any) -> Exchange:
    """Send a request that writes; where it changes something, with the current ETag."""
    tag = None if allowed.operation.adds else resources.read(allowed).header("etag")
    return resources.write(allowed, tag, body)


def shown_by_reads(
    allowed: PreparedRequest, answer: Exchange, body: Any, users: Users, resources: Resources
) -> Mapping[str, Any]:
    """Return the members that the answer to a write and a read after it show."""
    found = dict(members_of(answer))
    for read in reads_after(allowed, answer, body, users, resources):
        if read.status < 300:
            found |= members_of(read)
    return found


def reads_after(
    allowed: PreparedRequest, answer: Exchange, body: Any, users: Users, resources: Resources
) -> Iterator[Exchange]:
    """Yield a read of what was written, as far as an operation reads it: of the account, after a sign-up."""
    operation = allowed.operation
    try:
        if has_role("register")(operation):
            yield from account_after(operation, answer, body, users, resources)
        elif operation.adds:
            yield resources.at_location(resources.item(operation, allowed.caller, answer, allowed.item))
        else:
            yield resources.read(allowed)
    except NotChecked as reason:
        partly(f"a read after the write: {reason}", tested="what the answer shows")


def account_after(
    operation: Operation, answer: Exchange, body: Any, users: Users, resources: Resources
) -> Iterator[Exchange]:
    """Yield how somebody who has just signed up reads their account."""
    own = [each for each in resources.document.operations if has_role("account")(each) and each.method == "GET"]
    if not own:
        return
    identifier, password = (look_up(body, operation.role_pointer(each)) for each in ("identifier", "secret"))
    user = users.log_in("GUEST", users.new_client_address(), str(identifier), str(password), answer)
    yield resources.call(PreparedRequest(own[0], user))


def another(value: Any) -> Any:
    """Return another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return NOBODY
    return "admin" if value != "admin" else "owner"


def keep(request: Request, name: str) -> Steps:
    """Keep a member of the content of a new account, and show it to those who read their account."""
    value = request.take(name) if request.method == "POST" else None
    email = request.members.get("email")

    answer = yield

    if value is not None and answer.status == 201:
        request.memory[email] = {name: value}
    account = request.memory.get(answer.members.get("email"))
    if account and request.method == "GET":
        answer.put(**account)


@fault(test_undeclared_members_grant_nothing)
def a_hidden_member_is_stored(request: Request) -> Steps:
    """A sign-up stores a balance that only the account shows."""
    strip_others(request, "balance")
    yield from keep(request, "balance")


@fault(test_undeclared_members_grant_nothing)
def an_undocumented_flag_is_stored(request: Request) -> Steps:
    """A sign-up stores a flag that makes the account an admin's."""
    strip_others(request, "is_admin")
    yield from keep(request, "is_admin")


def strip_others(request: Request, kept: str) -> None:
    """Let a service ignore all other members that it does not know."""
    for name in (*PRIVILEGES, MEANINGLESS):
        if name != kept and request.method == "POST" and request.path.endswith("/register"):
            request.take(name)
