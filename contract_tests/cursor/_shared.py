"""What several CURSOR laws use."""

from collections import Counter
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Any

from bookplate.faults import Request, Steps, bent
from bookplate.fixtures import Collection, PreparedRequest, User

NOTHING_MORE = {"next_cursor": None, "has_more": False}


def each_once(collection: Collection, wanted: set[Any], visited: list[Any]) -> None:
    times = Counter(visited)
    collection.expect("times met", {key: times[key] for key in wanted if times[key] != 1}, {})


def remove(collection: Collection, key: Any) -> str:
    """Delete an item that was planted; return what to say where that cannot be done."""
    resources, found = collection.resources, [item for item in collection.made if collection.key(item.value) == key]
    for operation in resources.document.operations:
        if found and (operation.method, operation.path.rpartition("/")[0]) == ("DELETE", found[0].creator.path):
            prepared = PreparedRequest(operation, resources.caller(operation, found[0]), found[0])
            collection.last.append(resources.write(prepared, found[0].made.header("etag")))
            return ""
    return "not checked: deletions, as no operation deletes such an item, or none was met"


def start(collection: Collection) -> str:
    """Begin a walk of a few items, and return its first cursor."""
    collection.plant(5)
    collection.last = [collection.get({collection.page.size: collection.size()})]
    return str(collection.cursor(collection.last[0]))


def seen_by(collection: Collection, user: User) -> Collection:
    """Return a collection as this account sees it, signed in even where nobody has to be."""
    theirs = copy(collection)
    theirs.prepared, theirs.headers = replace(collection.prepared, caller=user), user.headers()
    return theirs


def fed(request: Request, change: Callable[[dict[str, Any]], Any]) -> Steps:
    """Change a stretch of the feed by the members that a function of it returns."""
    yield from bent(request, change, "next_cursor")


def cursors_are_offsets(request: Request) -> Steps:
    """The cursor is the number of items that went before."""
    size, offset = int(request.query.get("limit", "20")), 0
    if request.query.get("cursor", "").startswith("offset."):
        offset = int(request.query.pop("cursor").removeprefix("offset."))
        request.query["limit"] = str(size + offset)
    cursor = f"offset.{offset + size}"
    yield from fed(request, lambda b: {"items": b["items"][offset:], "next_cursor": cursor if b["has_more"] else None})
