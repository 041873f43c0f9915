"""Ownership: whose an item is, that nobody else can see or change it, and what of it not even the owner sets."""

from collections.abc import Generator
from dataclasses import replace
from functools import partial
from typing import Any

from ..accounts import Account, Accounts, succeeded, told
from ..client import told_apart
from ..document import Document
from ..fault import Answer, Request, Steps
from ..operation import NOBODY, Operation, has_body, is_for_admins, is_owned_write, is_private_read
from ..pointer import look_up
from ..rule import Violation, experiment
from ..shelf import Shelf, Visit


@experiment("AUTHZ-01", source="OWASP API1:2023", applies=is_private_read, checks=("object_level_authorization",))
def strangers_cannot_read(operation: Operation, accounts: Accounts, shelf: Shelf) -> None:
    """
    Who may not see an object gets the documented refusal; a hidden object answers as one that is not there.

    Its owner reads it first, so that nothing but the caller can be why it is refused.
    """
    owners = shelf.visit(operation)
    seen = succeeded(shelf.call(owners), "the owner cannot read it either")
    refused = shelf.call(replace(owners, caller=accounts.b))
    refusal = (operation.access or {}).get("otherwise", 403)
    if refused.status != refusal:
        raise Violation(f"B reads A's object: {told(refused)}", expected=str(refusal), exchanges=[seen, refused])
    if refusal == 404:
        b, nowhere = accounts.b, operation.nowhere
        absent = partial(shelf.client.call, operation, arguments=nowhere, headers=b.headers(), address=b.address)
        names = refused.path.rpartition("/")[2], str(list(nowhere.values())[-1])
        if shown := told_apart({names[0]: lambda: shelf.call(replace(owners, caller=b)), names[1]: absent}):
            raise Violation("hidden is told from absent", expected="one answer", exchanges=shown)


@strangers_cannot_read.broken_by
def what_one_has_read_all_may_read(request: Request, answer: Answer) -> None:
    """An object that was read once is kept, and shown to whoever asks."""
    if request.method == "GET" and answer.status == 200 and request.path[-1:].isdigit():
        request.memory[request.path] = answer.copy()
    elif request.path in request.memory:
        answer.repeat(request.memory[request.path])


@strangers_cannot_read.broken_at(404)
def hidden_is_forbidden(request: Request, answer: Answer) -> None:
    """Strangers are told that the object exists."""
    answer.become(403)


@strangers_cannot_read.broken_by
def hidden_is_told_in_other_words(request: Request, answer: Answer) -> None:
    """The detail of what is not there differs from that of what is hidden."""
    if answer.status == 404 and request.path.endswith("987654321"):
        answer.put(detail="This never existed.")


@experiment("AUTHZ-02", source="x-access", applies=is_owned_write)
def only_who_may_can_write(operation: Operation, accounts: Accounts, shelf: Shelf) -> None:
    """
    A write by somebody who does not own the item is refused and changes nothing.

    The request is right in everything else, its If-Match included, so that only ownership can
    refuse it; that the owner succeeds with the same request shows that it was.
    """
    refused_to([accounts.b], shelf.visit(operation), shelf)


def refused_to(strangers: list[Account], allowed: Visit, shelf: Shelf) -> None:
    """Let strangers send what somebody may: it is refused and changes nothing; then let the one who may."""
    operation, reads = allowed.operation, [shelf.read(allowed)] if allowed.item else []
    tag = next((answer.header("etag") for answer in reads), None) or "*"
    refusal = (operation.access or {}).get("otherwise", 403)
    for stranger in strangers:
        attempt = shelf.write(replace(allowed, caller=stranger), tag)
        shown = [attempt, *(shelf.read(allowed) for _ in reads)]
        if attempt.status != refusal:
            raise Violation(f"{stranger.name} may not: {told(attempt)}", expected=str(refusal), exchanges=shown)
        if [answer.json() for answer in shown[1:]] != [answer.json() for answer in reads]:
            raise Violation(f"{stranger.name} was refused and changed it", expected="no effect", exchanges=shown)
    succeeded(shelf.write(allowed, tag), "who may cannot do it either")


def acts_for_the_owner(request: Request) -> Generator[None, Answer, Answer]:
    """Carry out writes in the name of whoever made something last."""
    sent = request.headers.get("authorization")
    if request.method in ("PUT", "PATCH", "DELETE") and "owner" in request.memory:
        request.headers["authorization"] = request.memory["owner"]
    answer = yield
    if request.method == "POST" and answer.status == 201 and sent:
        request.memory["owner"] = sent
    return answer


@only_who_may_can_write.broken_by
def everybody_writes_as_the_owner(request: Request) -> Steps:
    """Writes are carried out in the name of whoever made something last."""
    yield from acts_for_the_owner(request)


@only_who_may_can_write.broken_at(403)
def refused_with_another_status(request: Request, answer: Answer) -> None:
    """Strangers are told that they are not signed in."""
    answer.become(401)


@only_who_may_can_write.broken_by
def refused_and_done(request: Request) -> Steps:
    """The write is carried out, then refused."""
    stranger = request.headers.get("authorization")
    answer = yield from acts_for_the_owner(request)
    if request.method in ("PUT", "PATCH", "DELETE") and stranger != request.memory.get("owner"):
        answer.become(403, {})


@experiment("AUTHZ-05", source="OWASP API5:2023; x-access", applies=is_for_admins)
def admins_alone_means_admins_alone(operation: Operation, accounts: Accounts, shelf: Shelf) -> None:
    """What the document lets only admins do is refused to any user, to the one it is about as well, and not done."""
    visit = shelf.visit(operation)
    refused_to([visit.item.owner if visit.item else accounts.a, accounts.b], visit, shelf)


@admins_alone_means_admins_alone.broken_by
def everybody_is_an_admin(request: Request) -> Steps:
    """Once an admin was there, whoever is signed in has that role."""
    sent = request.headers.get("authorization")
    if sent and "admin" in request.memory:
        request.headers["authorization"] = request.memory["admin"]
    answer = yield
    if request.path.endswith("/users") and answer.status == 200:
        request.memory["admin"] = sent


def makes_or_changes(operation: Operation) -> bool:
    return has_body(operation) and ("201" in operation.responses or operation.method in ("PUT", "PATCH"))


@experiment("AUTHZ-06", source="OWASP API3:2023", applies=makes_or_changes)
def members_of_the_server_are_not_taken(operation: Operation, accounts: Accounts, shelf: Shelf) -> None:
    """A member that only the server writes, or only another operation, has no effect in a body: refused or left aside."""
    visit, samples, made = shelf.visit(operation), shelf.samples, accounts.b.made
    creates, stranger = "201" in operation.responses, look_up(made.json() if made else None, "/id")
    first = shelf.write(visit, None if creates else shelf.read(visit).header("etag"))
    succeeded(first, "it is refused as it is")
    for name, schema in of_the_server(operation, shelf.document).items():
        before = first if creates else shelf.read(visit)
        current, whose = look_up(before.json(), f"/{name}"), NOBODY if name == "id" else stranger
        value = another(current, schema, whose, shelf.document)
        answer = shelf.write(visit, before.header("etag"), {**samples.body(operation), name: value})
        shown = [answer] if creates else [answer, shelf.read(visit)]
        taken = any(str(look_up(each.json(), f"/{name}"))[:10] == str(value)[:10] for each in shown)
        if answer.status >= 500 or (answer.status < 300 and taken):
            raise Violation(f"'{name}': {value!r} in the body: {told(answer)}", expected="no effect", exchanges=shown)


def of_the_server(operation: Operation, document: Document) -> dict[str, Any]:
    """Return what an answer shows and the request does not take, or takes and calls readOnly."""
    taken = document.members(operation)
    shown = (document.resolve(operation.response_schema(operation.success())) or {}).get("properties", {})
    own = {name: document.resolve(schema) for name, schema in shown.items()}
    return {name: schema for name, schema in own.items() if taken and (name not in taken or schema.get("readOnly"))}


def another(value: Any, schema: Any, stranger: Any, document: Document) -> Any:
    """Return a value that a schema allows and that is not this one; a stranger's id where it fits."""
    choices = [*schema.get("enum", ())[::-1], stranger, NOBODY, "2001-02-03T04:05:06.000000Z", True, False, f"{value}x"]
    return next((each for each in choices if each != value and not document.violations(schema, each)), NOBODY)


def takes_over(request: Request, name: str) -> Steps:
    """Make a new thing with a member that the body brings."""
    value = request.take(name) if request.method == "POST" else None
    answer = yield
    if value and answer.status == 201:
        answer.put(**{name: value})


@members_of_the_server_are_not_taken.broken_by
def role_is_taken_at_sign_up(request: Request) -> Steps:
    """Whoever signs up as an admin is one."""
    yield from takes_over(request, "role")


@members_of_the_server_are_not_taken.broken_by
def items_are_made_for_others(request: Request) -> Steps:
    """A new item belongs to whom the body names."""
    yield from takes_over(request, "owner_id")
