"""Ownership: whose an item is, and that nobody else can change it."""

from collections.abc import Generator

from ..accounts import Accounts, told
from ..collection import Shelf
from ..fault import Answer, Request
from ..operation import Operation, is_owned_write, is_private_read
from ..rule import NotChecked, Violation, delegated, experiment

strangers_cannot_read = delegated(
    "AUTHZ-01",
    "Who may not see an object gets the documented refusal, whoever's token is sent.",
    check="object_level_authorization",
    source="OWASP API1:2023",
    applies=is_private_read,
)


@strangers_cannot_read.broken_by
def everybody_is_the_owner(request: Request) -> Generator[None, Answer, None]:
    """Whatever is asked of an item is asked in the name of who made something last."""
    if request.method != "POST" and "owner" in request.memory and "authorization" in request.headers:
        request.headers["authorization"] = request.memory["owner"]
    answer = yield
    if request.method == "POST" and answer.status == 201 and "authorization" in request.headers:
        request.memory["owner"] = request.headers["authorization"]


@experiment("AUTHZ-02", source="#/x-access", applies=is_owned_write)
def only_who_may_can_write(operation: Operation, accounts: Accounts, shelf: Shelf) -> None:
    """
    A write by somebody who does not own the item is refused and changes nothing.

    The request is right in everything else, its If-Match included, so that only ownership can
    refuse it; that the owner succeeds with the same request shows that it was.
    """
    reader = shelf.reader(operation)
    item = shelf.plant(shelf.creator_of(reader.response_schema("200")), accounts.a)

    before = shelf.read(reader, item)
    attempt = shelf.write(operation, item, accounts.b)
    after = shelf.read(reader, item)

    refusal = (operation.access or {}).get("otherwise", 403)
    shown = [attempt, after]
    if attempt.status != refusal:
        raise Violation(f"B's {operation.method} on A's item: {told(attempt)}", expected=str(refusal), exchanges=shown)
    if (before.status, before.body) != (after.status, after.body):
        raise Violation(
            f"B's {operation.method} was refused and changed A's item", expected="no effect", exchanges=shown
        )
    owned = shelf.write(operation, item, accounts.a)
    if not 200 <= owned.status < 300:
        raise NotChecked(f"the owner cannot do it either: {told(owned)}")


@only_who_may_can_write.broken_by
def everybody_writes_as_the_owner(request: Request) -> Generator[None, Answer, None]:
    """Writes are carried out in the name of whoever made something last."""
    if request.method in ("PUT", "PATCH", "DELETE") and "owner" in request.memory:
        request.headers["authorization"] = request.memory["owner"]
    answer = yield
    if request.method == "POST" and answer.status == 201 and "authorization" in request.headers:
        request.memory["owner"] = request.headers["authorization"]


@only_who_may_can_write.broken_by
def refused_with_another_status(request: Request) -> Generator[None, Answer, None]:
    """Strangers are told that they are not signed in."""
    answer = yield
    if answer.status == 403:
        answer.become(401)


@only_who_may_can_write.broken_by
def refused_and_done(request: Request) -> Generator[None, Answer, None]:
    """The write is carried out, then refused."""
    stranger = request.headers.get("authorization")
    if request.method in ("PUT", "PATCH", "DELETE") and "owner" in request.memory:
        request.headers["authorization"] = request.memory["owner"]
    answer = yield
    if request.method == "POST" and answer.status == 201 and stranger:
        request.memory["owner"] = stranger
    elif request.method in ("PUT", "PATCH", "DELETE") and stranger != request.memory.get("owner"):
        answer.become(403, {})
