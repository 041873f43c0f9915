"""AUTHZ-01: a private item is hidden from other users."""

from dataclasses import replace
from functools import partial

from bookplate import expect, experiment, fault
from bookplate.contract import Operation, is_private_read
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, Users
from bookplate.wire import distinguishing_answers, succeeded

from ._shared import NOT_EVEN_THE_OWNER, no_owner_check


@experiment("AUTHZ-01", source="OWASP API1:2023", applies=is_private_read, checks=("object_level_authorization",))
def test_other_users_cannot_read(operation: Operation, users: Users, resources: Resources) -> None:
    """
    A caller without access gets the documented refusal, 403 or 404; a 404 equals the one for an absent object.

    The owner reads the object first, so that only the caller can be the reason for the refusal. To compare the two
    answers, each is asked for several times; the identifier in the path is left out.

    Why it matters: without it, any user reads the private data of all others by trying one id after the other. A
    404 that differs tells a stranger which objects exist.
    """
    allowed = resources.prepare(operation)
    read = succeeded(resources.call(allowed), NOT_EVEN_THE_OWNER)

    refused = resources.call(replace(allowed, caller=users.stranger))

    expect.status(
        operation.refusals,
        refused,
        because="the object belongs to another user",
        after=[read],
        if_success=no_owner_check(operation),
    )
    if refused.status == 404:
        hidden_id = refused.path.rpartition("/")[2]
        hidden_equals_absent(allowed, hidden_id, users, resources)


def hidden_equals_absent(allowed: PreparedRequest, hidden_id: str, users: Users, resources: Resources) -> None:
    """Expect a stranger to get the same answer for an object of the owner's and for one that does not exist."""
    operation, stranger = allowed.operation, users.stranger
    hidden = partial(resources.call, replace(allowed, caller=stranger))
    absent = partial(
        resources.client.call,
        operation,
        arguments=operation.nowhere,
        credential=stranger.credential_for(operation),
        address=stranger.address,
    )
    absent_id = str(list(operation.nowhere.values())[-1])

    different = distinguishing_answers({hidden_id: hidden, absent_id: absent})

    expect.that(
        not different,
        f"a hidden object and an absent one differ: {'; '.join(answer.describe() for answer in different)}",
        expected="the same answer to both",
        shown=different,
    )


@fault(test_other_users_cannot_read)
def answers_are_kept_for_all_callers(request: Request, answer: Answer) -> None:
    """An object that was read once is kept, and shown to every caller."""
    if request.method == "GET" and answer.status == 200 and request.path[-1:].isdigit():
        request.memory[request.path] = answer.copy()
    elif request.path in request.memory:
        answer.repeat(request.memory[request.path])


@fault(test_other_users_cannot_read, statuses=(404,))
def hidden_objects_are_forbidden(request: Request, answer: Answer) -> None:
    """A stranger gets 403, and so learns that the object exists."""
    answer.become(403)


@fault(test_other_users_cannot_read)
def absent_objects_have_another_detail(request: Request, answer: Answer) -> None:
    """The detail for an absent object differs from that for a hidden one."""
    if answer.status == 404 and request.path.endswith("987654321"):
        answer.put(detail="This never existed.")
