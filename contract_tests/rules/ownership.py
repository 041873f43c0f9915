"""Ownership: whose an item is, and that nobody else can see or change it."""

from collections.abc import Generator
from dataclasses import replace

from ..accounts import Accounts, told
from ..exchange import Exchange
from ..fault import Answer, Request
from ..limits import cheap_arguments
from ..operation import Operation, is_owned_write, is_private_read
from ..rule import NotChecked, Violation, experiment
from ..shelf import Shelf


@experiment("AUTHZ-01", source="OWASP API1:2023", applies=is_private_read, checks=("object_level_authorization",))
def strangers_cannot_read(operation: Operation, accounts: Accounts, shelf: Shelf) -> None:
    """
    Who may not see an object gets the documented refusal; a hidden object answers as one that is not there.

    Its owner reads it first, so that nothing but the caller can be why it is refused.
    """
    owners = shelf.visit(operation)
    seen = shelf.call(owners)
    if seen.status != 200:
        raise NotChecked(f"the owner cannot read it either: {told(seen)}")
    refused = shelf.call(replace(owners, caller=accounts.b))
    refusal = (operation.access or {}).get("otherwise", 403)
    if refused.status != refusal:
        observed = f"B's reading of A's object: {told(refused)}"
        raise Violation(observed, expected=str(refusal), exchanges=[seen, refused])
    if refusal == 404:
        b = accounts.b
        absent = shelf.client.call(
            operation, arguments=cheap_arguments(operation), headers=b.headers(), address=b.address
        )
        if appearance(refused) != appearance(absent):
            observed = "a hidden object answers otherwise than one that is not there"
            raise Violation(observed, expected="one answer", exchanges=[refused, absent])


def appearance(answer: Exchange) -> tuple[object, ...]:
    """Return what of an answer may tell two objects apart: not its numbers, and no value that only names the request."""
    body, values = answer.json(), {value for _, value in answer.headers}
    members = {k: v for k, v in body.items() if v not in values} if isinstance(body, dict) else answer.body
    text = str(members).replace(answer.path.rpartition("/")[2], "")
    return answer.status, sorted(name for name, _ in answer.headers), answer.media_type, text


@strangers_cannot_read.broken_by
def what_one_has_read_all_may_read(request: Request) -> Generator[None, Answer, None]:
    """An object that was read once is kept, and shown to whoever asks."""
    kept = request.memory.setdefault("kept", {})
    answer = yield
    if request.method == "GET" and answer.status == 200 and request.path[-1:].isdigit():
        kept[request.path] = (dict(answer.headers), answer.body)
    elif request.path in kept:
        answer.status, (answer.headers, answer.body) = 200, kept[request.path]


@strangers_cannot_read.broken_by
def hidden_is_forbidden(request: Request) -> Generator[None, Answer, None]:
    """Strangers are told that the object exists."""
    answer = yield
    if answer.status == 404:
        answer.become(403)


@strangers_cannot_read.broken_by
def hidden_is_told_in_other_words(request: Request) -> Generator[None, Answer, None]:
    """The detail of what is not there differs from that of what is hidden."""
    answer = yield
    if answer.status == 404 and request.path.endswith("987654321"):
        answer.rewrite({**answer.json(), "detail": "This never existed."})


@experiment("AUTHZ-02", source="#/x-access", applies=is_owned_write)
def only_who_may_can_write(operation: Operation, accounts: Accounts, shelf: Shelf) -> None:
    """
    A write by somebody who does not own the item is refused and changes nothing.

    The request is right in everything else, its If-Match included, so that only ownership can
    refuse it; that the owner succeeds with the same request shows that it was.
    """
    owners = shelf.visit(operation)
    before = shelf.read(owners)
    tag = before.header("etag") or "*"
    attempt = shelf.write(replace(owners, caller=accounts.b), tag)
    after = shelf.read(owners)

    refusal = (operation.access or {}).get("otherwise", 403)
    shown = [attempt, after]
    if attempt.status != refusal:
        raise Violation(f"B's {operation.method} on A's item: {told(attempt)}", expected=str(refusal), exchanges=shown)
    if (before.status, before.body) != (after.status, after.body):
        raise Violation(
            f"B's {operation.method} was refused and changed A's item", expected="no effect", exchanges=shown
        )
    owned = shelf.write(owners, tag)
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
