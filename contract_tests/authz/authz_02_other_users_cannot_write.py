"""AUTHZ-02: other users cannot write."""

from collections.abc import Generator

from bookplate import experiment, fault
from bookplate.contract import (
    Operation,
    is_owned_write,
)
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Resources, Users

from ._shared import refused_to


@experiment("AUTHZ-02", source="x-access", applies=is_owned_write)
def test_other_users_cannot_write(operation: Operation, users: Users, resources: Resources) -> None:
    """
    A write by somebody who does not own the item is refused and changes nothing.

    The request is right in everything else, its If-Match included, so that only ownership can
    refuse it; that the owner succeeds with the same request shows that it was.
    """
    refused_to([users.stranger], resources.prepare(operation), resources)


def acts_for_the_owner(request: Request) -> Generator[None, Answer, Answer]:
    """Carry out writes in the name of whoever made something last."""
    sent = request.headers.get("authorization")
    if request.method in ("PUT", "PATCH", "DELETE") and "owner" in request.memory:
        request.headers["authorization"] = request.memory["owner"]
    answer = yield
    if request.method == "POST" and answer.status == 201 and sent:
        request.memory["owner"] = sent
    return answer


@fault(test_other_users_cannot_write)
def everybody_writes_as_the_owner(request: Request) -> Steps:
    """Writes are carried out in the name of whoever made something last."""
    yield from acts_for_the_owner(request)


@fault(test_other_users_cannot_write, statuses=(403,))
def refused_with_another_status(request: Request, answer: Answer) -> None:
    """Strangers are told that they are not signed in."""
    answer.become(401)


@fault(test_other_users_cannot_write)
def refused_and_done(request: Request) -> Steps:
    """The write is carried out, then refused."""
    stranger = request.headers.get("authorization")
    answer = yield from acts_for_the_owner(request)
    if request.method in ("PUT", "PATCH", "DELETE") and stranger != request.memory.get("owner"):
        answer.become(403, {})
