"""AUTHZ-09: a changed role counts at once."""

from collections.abc import Iterator

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, is_for_roles, look_up, member_at
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, Users, change_account
from bookplate.wire import succeeded


def changes_roles(operation: Operation) -> bool:
    """The document says where a request to it has the role of another account."""
    return operation.declares_access and operation.access is not None and operation.access.grants is not None


@experiment("AUTHZ-09", source="x-access; OWASP API5:2023", owasp=("API5:2023",), applies=changes_roles)
def test_changed_roles_count_at_once(operation: Operation, users: Users, resources: Resources) -> None:
    """
    When the member at `grants` of x-access changes the role of an account, the next request of its user shows the change.

    A user without a role is refused a read that is for a role alone. When the account gets the role, the same token is
    let in there; when the role is taken away again, the same token is refused.

    Why it matters: whoever loses a role has often lost it for a reason. A token that keeps it acts as an administrator
    for as long as it lives.

    To mend it: read the role from the store with each request, or let it live in the token for no longer than the
    document allows. Drop what is cached of an account when its role is changed.
    """
    assert operation.access is not None
    assert operation.access.grants is not None
    user = users.disposable()
    granting = PreparedRequest(operation, users.with_role(*operation.roles), resources.subject(operation, user))
    found = resources.read(granting)
    usual = look_up(found.json(), operation.access.grants)
    role, door = door_for_a_role(operation, resources)
    knock = PreparedRequest(door, user)
    if not isinstance(usual, str) or usual == role:
        raise NotChecked(f"the account does not show its role at {operation.access.grants}: {found.describe()}")

    before = resources.call(knock)
    if before.status not in door.refusals:
        raise NotChecked(f"without the role {role} it is not refused: {before.describe()}")
    granted = succeeded(change_account(granting, operation.access.grants, role, resources), "nobody gets a role")
    during = resources.call(knock)
    taken = succeeded(change_account(granting, operation.access.grants, usual, resources), "the role stays")
    after = resources.call(knock)

    shown = [before, granted, during]
    observed = f"{during.describe()} with the role {role}, which the account has just got"
    expect.that(during.status < 300, observed, expected="a success", shown=shown)
    expect.status(door.refusals, after, because=f"the account has lost the role {role}", after=[granted, during, taken])


def door_for_a_role(operation: Operation, resources: Resources) -> tuple[str, Operation]:
    """Return a role that can be given, and a read for it alone; NotChecked where there is none."""
    for role, read in reads_for_roles(resources):
        if operation.body is not None and takes(operation, role):
            return role, read
    raise NotChecked("no read without path parameters is for a role that can be given: nothing shows who has one")


def reads_for_roles(resources: Resources) -> Iterator[tuple[str, Operation]]:
    for each in resources.document.operations:
        if each.method == "GET" and is_for_roles(each) and each.declares_access and not each.path_parameters:
            yield from ((role, each) for role in each.roles)


def takes(operation: Operation, role: str) -> bool:
    """Tell whether the schema of an operation's content allows this role where it has one."""
    assert operation.access is not None
    assert operation.access.grants is not None
    schema = member_at(operation.body.schema if operation.body else None, operation.access.grants)
    return schema is None or schema.allows(role, request=True)


@fault(test_changed_roles_count_at_once)
def tokens_keep_their_role(request: Request, answer: Answer) -> None:
    """Who had a role has it for as long as the token lives."""
    token = request.headers.get("authorization", "")
    if request.path == "/api/users" and answer.status == 200:
        request.remember(token)
    elif request.path == "/api/users" and answer.status == 403 and token in request.memory:
        answer.become(200, {"items": []})


@fault(test_changed_roles_count_at_once)
def roles_come_with_the_next_token(request: Request, answer: Answer) -> None:
    """A new role counts from the next log-in on."""
    token = request.headers.get("authorization", "")
    if request.path == "/api/users" and answer.status == 403:
        request.remember(token)
    elif request.path == "/api/users" and answer.status == 200 and token in request.memory:
        answer.become(403)
