"""STATE-07: ids are not reused."""

import re
from collections.abc import Mapping
from typing import Any

from bookplate import SHOULD, NotChecked, expect, experiment, fault
from bookplate.contract import Operation, has_role
from bookplate.faults import Answer, Request
from bookplate.fixtures import Item, PreparedRequest, Resources, members_of
from bookplate.wire import succeeded

from ._shared import is_deletion


def deletes_something(operation: Operation) -> bool:
    """It deletes the item that its path names, or the account of its caller."""
    is_own = has_role("account")(operation) and operation.method == "DELETE" and not operation.path_parameters
    return is_deletion(operation) or is_own


@experiment("STATE-07", level=SHOULD, source="RFC 9110, section 9.3.5", applies=deletes_something)
def test_ids_are_not_reused(operation: Operation, resources: Resources) -> None:
    """
    An item that is made after a deletion has another id than the deleted item; so does an account.

    Where the id is a text that was sent, such as a name, it is not checked.

    Why it matters: bookmarks, caches and other services keep links to the deleted item. Where its id is given again,
    such a link leads to another item, which may belong to another user.

    To mend it: take ids from a sequence or as UUIDs, and never from the largest one that is there. With SQLite,
    declare AUTOINCREMENT.
    """
    if not operation.path_parameters:
        own_account_has_an_id_of_its_own(operation, resources)
        return
    prepared = resources.prepare(operation)
    assert prepared.item is not None
    tag = resources.read(prepared).header("etag")

    deletion = succeeded(resources.write(prepared, tag), "nothing was deleted")
    next_item = resources.plant(prepared.item.creator)

    old, new = resources.arguments(operation, prepared.item), resources.arguments(operation, next_item)
    if is_named_by_its_sender(next_item, new):
        raise NotChecked("its sender names it, so a name may come again: nothing to write")
    shown = [prepared.item.made, deletion, next_item.made]
    expect.that(new != old, "an id was given again", expected="a new id", shown=shown)


def own_account_has_an_id_of_its_own(operation: Operation, resources: Resources) -> None:
    """Delete the account of a caller, and expect the next account to have another id."""
    prepared = PreparedRequest(operation, resources.users.disposable())
    tag = resources.read(prepared).header("etag") if operation.takes_condition else None

    deletion = succeeded(resources.write(prepared, tag), "nothing was deleted")
    new = resources.users.disposable()

    ids = [members_of(user.made).get("id") if user.made else None for user in (prepared.caller, new)]
    if ids[0] is None:
        raise NotChecked("the answer to a sign-up has no id: nothing tells accounts apart but their names")
    shown = [each for each in (prepared.caller.made, deletion, new.made) if each is not None]
    expect.that(ids[0] != ids[1], "the id of an account was given again", expected="a new id", shown=shown)


def is_named_by_its_sender(item: Item, arguments: Mapping[str, Any]) -> bool:
    """
    Tell whether what names an item in its path is made of a text that was sent: a name, or a slug of it.

    A text of digits alone is a number of the service, although the same digits may stand in the content.
    """
    if item.chosen:
        return True
    sent = plain(item.made.request_body.decode("utf-8", "replace"))
    texts = [value for value in arguments.values() if isinstance(value, str) and not value.isdecimal()]
    return any(plain(value) in sent for value in texts)


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


@fault(test_ids_are_not_reused)
def ids_are_given_again(request: Request, answer: Answer) -> None:
    """The next new item gets the id of the deleted one."""
    if request.method == "DELETE" and answer.status == 204:
        request.memory["free"] = int(request.path.rpartition("/")[2])
    elif request.method == "POST" and answer.status == 201 and "free" in request.memory:
        answer.put(id=request.memory.pop("free"))


@fault(test_ids_are_not_reused)
def account_ids_begin_anew(request: Request, answer: Answer) -> None:
    """The next account gets the id of the one whose user has deleted it."""
    if request.path.endswith("/register") and answer.status == 201:
        if request.memory.pop("free", False):
            answer.put(id=request.memory["last"])
        request.memory["last"] = answer.members["id"]
    elif request.method == "DELETE" and request.path.endswith("/me") and answer.status == 204:
        request.memory["free"] = True
