"""AUTHZ-02: only the owner changes an item."""

from collections.abc import Generator

from bookplate import experiment, fault
from bookplate.contract import Operation, is_owned_write
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Resources, Users

from ._shared import expect_refused, no_owner_check


@experiment("AUTHZ-02", source="x-access", applies=is_owned_write)
def test_other_users_cannot_write(operation: Operation, users: Users, resources: Resources) -> None:
    """
    A write by a user that does not own the item gets the documented refusal and changes nothing.

    The request is right in everything else, its If-Match included, so that only ownership can be the reason. The
    owner then succeeds with the same request.

    Why it matters: without it, any user overwrites or deletes the data of all others.
    """
    allowed = resources.prepare(operation)

    expect_refused([users.stranger], allowed, resources, if_success=no_owner_check(operation))


UNSAFE_METHODS = ("PUT", "PATCH", "DELETE")


def write_as_the_owner(request: Request) -> Generator[None, Answer, Answer]:
    """Send writes with the token of the user that made the last item; return the answer."""
    token = request.headers.get("authorization")
    if request.method in UNSAFE_METHODS and "owner" in request.memory:
        request.headers["authorization"] = request.memory["owner"]

    answer = yield

    if request.method == "POST" and answer.status == 201 and token:
        request.memory["owner"] = token
    return answer


@fault(test_other_users_cannot_write)
def every_user_writes_as_the_owner(request: Request) -> Steps:
    """Every write is carried out with the rights of the user that made the last item."""
    yield from write_as_the_owner(request)


@fault(test_other_users_cannot_write, statuses=(403,))
def refused_as_unauthenticated(request: Request, answer: Answer) -> None:
    """A stranger gets 401, as if not signed in."""
    answer.become(401)


@fault(test_other_users_cannot_write)
def refused_and_done(request: Request) -> Steps:
    """The write is carried out, and then answered as refused."""
    token = request.headers.get("authorization")

    answer = yield from write_as_the_owner(request)

    if request.method in UNSAFE_METHODS and token != request.memory.get("owner"):
        answer.become(403, {})
