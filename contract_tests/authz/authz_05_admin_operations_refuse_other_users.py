"""AUTHZ-05: operations for admins are closed to users."""

from bookplate import experiment, fault
from bookplate.contract import Operation, is_for_admins
from bookplate.faults import Request, Steps
from bookplate.fixtures import PreparedRequest, Resources, User, Users
from bookplate.wire import missing_check

from ._shared import expect_refused


@experiment("AUTHZ-05", source="OWASP API5:2023; x-access", applies=is_for_admins)
def test_admin_operations_refuse_other_users(operation: Operation, users: Users, resources: Resources) -> None:
    """
    An operation for admins gets every other user the documented refusal and changes nothing.

    It is tried as the user that the item belongs to, and as another user. An admin then succeeds with the same request.

    Why it matters: without it, every user can call what is meant for operators, such as raising a quota or clearing
    the cache.
    """
    allowed = resources.prepare(operation)

    no_admin_check = missing_check("the admin role", operation.family)
    expect_refused([user_concerned(allowed, users), users.stranger], allowed, resources, if_success=no_admin_check)


def user_concerned(allowed: PreparedRequest, users: Users) -> User:
    """Return the user that the item of a request belongs to; the owner of all planted items where it names none."""
    if allowed.item is not None:
        return allowed.item.owner
    return users.owner


@fault(test_admin_operations_refuse_other_users)
def every_user_is_an_admin(request: Request) -> Steps:
    """As soon as an admin was there, every user has that role."""
    token = request.headers.get("authorization")
    if token and "admin" in request.memory:
        request.headers["authorization"] = request.memory["admin"]

    answer = yield

    if request.path.endswith("/users") and answer.status == 200:
        request.memory["admin"] = token
