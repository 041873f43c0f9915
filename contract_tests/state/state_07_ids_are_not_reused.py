"""STATE-07: ids are not reused."""

import re
from collections.abc import Mapping
from typing import Any

from bookplate import SHOULD, NotChecked, expect, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Item, Resources
from bookplate.wire import succeeded

from ._shared import is_deletion


@experiment("STATE-07", level=SHOULD, source="RFC 9110, section 9.3.5", applies=is_deletion)
def test_ids_are_not_reused(operation: Operation, resources: Resources) -> None:
    """
    An item that is made after a deletion has another id than the deleted item.

    Where the id is a text that was sent, such as a name, it is not checked.

    Why it matters: bookmarks, caches and other services keep links to the deleted item. Where its id is given again,
    such a link leads to another item, which may belong to another user.
    """
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
