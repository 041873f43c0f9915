"""AUTHZ-05: operations for admins are closed to users."""

from bookplate import experiment, fault
from bookplate.contract import Operation, is_for_roles
from bookplate.faults import Request, Steps
from bookplate.fixtures import PreparedRequest, Resources, User, Users
from bookplate.wire import missing_check

from ._shared import expect_refused


@experiment("AUTHZ-05", source="OWASP API5:2023; x-access", owasp=("API5:2023",), applies=is_for_roles)
def test_admin_operations_refuse_other_users(operation: Operation, users: Users, resources: Resources) -> None:
    """
    An operation for admins gets every other user the documented refusal and changes nothing.

    So it is with any other role that x-access names. It is tried as the user that the item belongs to, as another user,
    and as the holders of other roles. A user who has the role then succeeds with the same request.

    Why it matters: without it, every user can call what is meant for operators, such as raising a quota or clearing
    the cache.

    To mend it: ask for the role in front of the handler, by the credentials of this request, and refuse before
    anything is read or written. Keep no role in a variable that outlives the request.
    """
    allowed = resources.prepare(operation)

    no_role_check = missing_check(f"the {' or '.join(operation.roles)} role", operation.family)
    others = [user_concerned(allowed, users), users.stranger, *holders_of_other_roles(operation, users, resources)]
    expect_refused(others, allowed, resources, if_success=no_role_check)


def user_concerned(allowed: PreparedRequest, users: Users) -> User:
    """Return the user that the item of a request belongs to; A where it names none, or where a role had to make it."""
    item = allowed.item
    if item is None or any(users.has_role(item.owner, role) for role in users.known_roles):
        return users.owner
    return item.owner


def holders_of_other_roles(operation: Operation, users: Users, resources: Resources) -> list[User]:
    """Return who has a role that the document names elsewhere, and that this operation does not admit."""
    if not operation.declares_access:
        return []
    named = dict.fromkeys(role for each in resources.document.operations if each.declares_access for role in each.roles)
    return [holder for role in named if role not in operation.roles and (holder := users.find(role)) is not None]


@fault(test_admin_operations_refuse_other_users)
def every_user_is_an_admin(request: Request) -> Steps:
    """As soon as an admin was there, every user has that role."""
    token = request.headers.get("authorization")
    if token and "admin" in request.memory:
        request.headers["authorization"] = request.memory["admin"]

    answer = yield

    if request.path.endswith("/users") and answer.status == 200:
        request.memory["admin"] = token
