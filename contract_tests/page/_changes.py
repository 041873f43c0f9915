"""Changing items of a list, one member after the other."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bookplate import NotChecked
from bookplate.contract import Operation, has_body, may_lag
from bookplate.fixtures import Collection, Item, PreparedRequest, members_of
from bookplate.wire import Exchange, succeeded

EMPTY: tuple[Any, ...] = (None, "", [], {})


def writers_of(collection: Collection) -> list[Operation]:
    """Return the operations that change items of a list, PATCH before PUT; NotChecked where the list may be behind."""
    if may_lag(collection.operation):
        raise NotChecked("x-cache lets this list show for a while what was")
    places = (collection.creator.path, collection.operation.path)
    resources = collection.resources
    writers = [
        each
        for each in resources.document.operations
        if each.method in ("PUT", "PATCH") and each.path.rpartition("/")[0] in places and has_body(each)
    ]
    return sorted((each for each in writers if not resources.ends_caller(each)), key=lambda each: each.method)


def change(
    collection: Collection, item: Item, writer: Operation, members: Mapping[str, Any]
) -> tuple[Exchange, Exchange, Exchange]:
    """Give members of an item other values; return how it read before, the answer to the change, and how it reads now."""
    resources = collection.resources
    prepared = PreparedRequest(writer, resources.caller(writer, item), item)
    reading = replace(prepared, operation=resources.reader(writer))
    before = resources.call(reading)
    write = resources.write(prepared, before.header("etag"), {**content(collection, before, writer), **members})
    succeeded(write, "nothing can be changed")
    return before, write, resources.call(reading)


def content(collection: Collection, before: Exchange, writer: Operation) -> dict[str, Any]:
    """
    Return content that leaves an item as it is: nothing of a PATCH, all that a PUT takes of what is read.

    What is empty is left out: without it the item has it empty again, and some services refuse to be sent it.
    """
    if writer.method == "PATCH":
        return {}
    body = collection.resources.samples.body(writer)
    read = {name: value for name, value in members_of(before).items() if name in writer.members}
    known = {name: value for name, value in read.items() if value not in EMPTY}
    return {**(body if isinstance(body, dict) else {}), **known}
