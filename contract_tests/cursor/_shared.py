"""What several CURSOR laws use."""

from collections import Counter
from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from typing import Any

from bookplate import expect, listed, said
from bookplate.faults import Answer, Request, Steps, shows
from bookplate.fixtures import Collection, PreparedRequest, User

# What the last page of the feed says.
NOTHING_MORE = {"next_cursor": None, "has_more": False}
NOT_DELETED = "deletions: no operation deletes such an item, or none was met"


def expect_each_once(collection: Collection, keys: Iterable[Any], visited: Iterable[Any]) -> None:
    """Expect each of these items to be visited exactly once in a walk."""
    times = Counter(visited)
    lost = [f"item {said(key)} is on no page" for key in keys if not times[key]]
    repeated = [f"item {said(key)} is met {times[key]} times" for key in keys if times[key] > 1]
    observed = f"in a walk of {len(collection.last)} pages, {listed([*repeated, *lost])}"
    expect.that(not repeated and not lost, observed, expected="each item once", shown=collection.evidence)


def delete(collection: Collection, key: Any) -> bool:
    """Delete an item that was planted; return whether it was, and an operation deletes such items."""
    resources = collection.resources
    found = [item for item in collection.made if collection.key(item.value) == key]
    for operation in resources.document.operations:
        parent_path = operation.path.rpartition("/")[0]
        if found and operation.method == "DELETE" and parent_path == found[0].creator.path:
            caller = resources.caller(operation, found[0])
            prepared = PreparedRequest(operation, caller, found[0])
            answer = resources.write(prepared, found[0].made.header("etag"))
            collection.last.append(answer)
            return True
    return False


def first_cursor(collection: Collection) -> str:
    """Plant a few items, read their first page, and return the cursor that leads on from it."""
    collection.plant(5)
    first_page = collection.get(collection.asking_for(collection.size()))
    collection.last = [first_page]
    return str(collection.cursor(first_page))


def seen_by(collection: Collection, user: User) -> Collection:
    """Return a collection as this user sees it, with the user's token even where none is needed."""
    theirs = copy(collection)
    theirs.prepared = replace(collection.prepared, caller=user)
    theirs.credential = user.shown_to(collection.operation)
    return theirs


def is_feed(request: Request, answer: Answer) -> bool:
    """Tell whether a fault sees a page of the list that has cursors."""
    return shows(request, answer, "next_cursor")


def cursors_are_offsets(request: Request) -> Steps:
    """The cursor is the number of items that went before."""
    size = int(request.query.get("limit", "20"))
    offset = 0
    if request.query.get("cursor", "").startswith("offset."):
        offset = int(request.query.pop("cursor").removeprefix("offset."))
        request.query["limit"] = str(size + offset)
    answer = yield
    if is_feed(request, answer):
        page = answer.members
        following = f"offset.{offset + size}" if page["has_more"] else None
        answer.put(items=page["items"][offset:], next_cursor=following)
