"""CURSOR-07: cursors belong to their list."""

from collections.abc import Iterator
from typing import Any

from bookplate import SHOULD, NotChecked, control, experiment, fault
from bookplate.contract import has_opaque_cursors
from bookplate.faults import Request, Steps
from bookplate.fixtures import Collection, Users

from ._shared import first_cursor, is_feed, seen_by


@experiment("CURSOR-07", source="x-pagination; OWASP API1:2023", level=SHOULD, applies=has_opaque_cursors)
def test_cursors_belong_to_their_list(collection: Collection, users: Users) -> None:
    """
    A cursor that was changed, cut short, or made by another list, filter or sort gets a documented 4xx.

    So does a cursor that was made for another user, where the list needs a token. The cursor itself leads on. Where it is
    the key of an item, each key is a cursor, and it is not checked.

    Why it matters: a client that changes a filter and keeps the cursor gets a page that starts at a place without
    meaning. It lacks items, and no error tells it so.
    """
    cursor = first_cursor(collection)
    control(collection.get({collection.page.place: cursor}), "a refusal of a cursor of something else")
    if cursor in map(str, collection.keys([collection.items(collection.last[0])])):
        raise NotChecked("a cursor is the key of an item, so that each key is one: nothing to write")
    queries = [*misuses(collection, cursor), *cursors_of_other_lists(collection)]

    for query in queries:
        answer = collection.get(query)
        collection.require_refusal(f"a cursor of something else than {query}", answer, *collection.last)
    if collection.operation.secured:
        strangers = seen_by(collection, users.stranger)
        answer = strangers.get({collection.page.place: cursor})
        collection.require_refusal("the owner's cursor sent by a stranger", answer, *collection.last)


def misuses(collection: Collection, cursor: str) -> Iterator[dict[str, Any]]:
    """Yield queries with a cursor that was damaged, or with another filter or sort than it was made with."""
    name, sort = collection.page.place, collection.page.sort
    middle = len(cursor) // 2
    other_character = "B" if cursor[middle] == "A" else "A"
    yield {name: f"{cursor[:middle]}{other_character}{cursor[middle + 1 :]}"}
    yield {name: cursor[:middle]}
    for parameter, value in collection.narrow.items():
        yield {name: cursor, parameter: f"{value} other"}
    if sort:
        yield {name: cursor, sort.parameter: list(sort.keys)[-1]}


def cursors_of_other_lists(collection: Collection) -> Iterator[dict[str, Any]]:
    """Yield queries with a cursor of each other list."""
    for operation in filter(has_opaque_cursors, collection.resources.document.operations):
        if operation.id != collection.operation.id:
            other = Collection(operation, collection.resources)
            yield {collection.page.place: first_cursor(other)}


@fault(test_cursors_belong_to_their_list)
def the_filter_is_that_of_the_cursor(request: Request) -> Steps:
    """A request with a cursor is filtered as the request that made the cursor, whatever filter it has."""
    filters = request.memory.get(request.query.get("cursor", ""), {})
    request.query.update(filters)
    author = request.query.get("author", "")
    answer = yield
    if is_feed(request, answer):
        cursor = answer.members["next_cursor"]
        request.memory[cursor] = {"author": author}
