"""AUTHZ-01: other users cannot read."""

from dataclasses import replace
from functools import partial

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, is_private_read
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, Users
from bookplate.wire import succeeded, told_apart


@experiment("AUTHZ-01", source="OWASP API1:2023", applies=is_private_read, checks=("object_level_authorization",))
def test_other_users_cannot_read(operation: Operation, users: Users, resources: Resources) -> None:
    """
    Who may not see an object gets the documented refusal; a hidden object answers as one that is not there.

    Its owner reads it first, so that nothing but the caller can be why it is refused.
    """
    owners = resources.prepare(operation)
    seen = succeeded(resources.call(owners), "the owner cannot read it either")
    refused = resources.call(replace(owners, caller=users.stranger))
    refusal = operation.refusal
    if refused.status != refusal:
        raise Violation(f"B reads A's object: {refused.describe()}", expected=str(refusal), exchanges=[seen, refused])
    if refusal == 404:
        b, nowhere = users.stranger, operation.nowhere
        absent = partial(resources.client.call, operation, arguments=nowhere, headers=b.headers(), address=b.address)
        names = refused.path.rpartition("/")[2], str(list(nowhere.values())[-1])
        if shown := told_apart({names[0]: lambda: resources.call(replace(owners, caller=b)), names[1]: absent}):
            raise Violation("hidden is told from absent", expected="one answer", exchanges=shown)


@fault(test_other_users_cannot_read)
def what_one_has_read_all_may_read(request: Request, answer: Answer) -> None:
    """An object that was read once is kept, and shown to whoever asks."""
    if request.method == "GET" and answer.status == 200 and request.path[-1:].isdigit():
        request.memory[request.path] = answer.copy()
    elif request.path in request.memory:
        answer.repeat(request.memory[request.path])


@fault(test_other_users_cannot_read, statuses=(404,))
def hidden_is_forbidden(request: Request, answer: Answer) -> None:
    """Strangers are told that the object exists."""
    answer.become(403)


@fault(test_other_users_cannot_read)
def hidden_is_told_in_other_words(request: Request, answer: Answer) -> None:
    """The detail of what is not there differs from that of what is hidden."""
    if answer.status == 404 and request.path.endswith("987654321"):
        answer.put(detail="This never existed.")
