"""CURSOR-07: cursors belong to their list."""

from collections.abc import Iterator
from typing import Any

from bookplate import SHOULD, NotChecked, asked, control, experiment, fault
from bookplate.contract import has_opaque_cursors
from bookplate.faults import Request, Steps
from bookplate.fixtures import Collection, Users

from ._shared import first_cursor, is_feed, seen_by

# At how many places of a cursor, one after the other, another character is put.
MOST_CHANGES = 12


@experiment("CURSOR-07", source="x-pagination; OWASP API1:2023", level=SHOULD, applies=has_opaque_cursors)
def test_cursors_belong_to_their_list(collection: Collection, users: Users) -> None:
    """
    A cursor that was changed, cut short, or made by another list, filter or sort gets a documented 4xx.

    So does a cursor that was made for another user, where the list needs a token. The cursor itself leads on. Where it is
    the key of an item, each key is a cursor, and it is not checked.

    Why it matters: a client that changes a filter and keeps the cursor gets a page that starts at a place without
    meaning. It lacks items, and no error tells it so.

    To mend it: sign the cursor, and put a hash of list, filter and order into it. Compare the hash with the
    request, and answer the documented 4xx where they differ.
    """
    cursor = first_cursor(collection)
    control(collection.get({collection.page.place: cursor}), "a refusal of a cursor of something else")
    if cursor in map(str, collection.keys([collection.items(collection.last[0])])):
        raise NotChecked("a cursor is the key of an item, so that each key is one: nothing to write")
    queries = [*misuses(collection, cursor), *cursors_of_other_lists(collection)]
    for query in queries:
        derive_cursor(str(query[collection.page.place]), cursor, collection)

    for query in queries:
        answer = collection.get(query)
        collection.require_refusal(
            f"a cursor that was made for another list ({asked(query)})", answer, *collection.last
        )
    if collection.operation.secured:
        strangers = seen_by(collection, users.stranger)
        answer = strangers.get({collection.page.place: cursor})
        collection.require_refusal("the owner's cursor sent by a stranger", answer, *collection.last)


def misuses(collection: Collection, cursor: str) -> Iterator[dict[str, Any]]:
    """Yield queries with a cursor that was damaged, or with another filter or sort than it was made with."""
    page, sort = collection.page, collection.page.sort
    yield from ({page.place: changed} for changed in changed_cursors(cursor))
    yield {page.place: cursor[: len(cursor) // 2]}
    yield {page.place: cursor.rstrip("=")[:-1]}
    for parameter, value in collection.narrow.items():
        yield {page.place: cursor, parameter: f"{value} other"}
        yield {page.place: cursor, parameter: f"{value} other", **collection.asking_for(collection.bounds[0])}
    for parameter, value in other_filters(collection):
        yield {page.place: cursor, parameter: value}
    if sort:
        yield {page.place: cursor, sort.parameter: list(sort.keys)[-1]}


def derive_cursor(changed: str, cursor: str, collection: Collection) -> None:
    """Let a script change a cursor as the run has changed it: in one place, or by leaving out its end."""
    script = collection.resources.script
    if cursor.startswith(changed):
        script.derive(changed, cursor, f"cut -c1-{len(changed)}")
    places = [place for place, (one, other) in enumerate(zip(cursor, changed, strict=False)) if one != other]
    if len(changed) == len(cursor) and len(places) == 1:
        script.derive(changed, cursor, f"sed 's/./{changed[places[0]]}/{places[0] + 1}'")


def changed_cursors(cursor: str) -> Iterator[str]:
    """
    Yield a cursor with another character at its first place, at its last one, and at places between.

    The last character of BASE64 may have bits that mean nothing: one that is far from it in the alphabet changes others.
    """
    length = len(cursor.rstrip("="))
    step = max(length // MOST_CHANGES, 1)
    for place in sorted({*range(0, length, step), length - 1}):
        other = "B" if cursor[place] in "wxyz0123456789-_" else "z"
        yield f"{cursor[:place]}{other}{cursor[place + 1 :]}"


def other_filters(collection: Collection) -> Iterator[tuple[str, Any]]:
    """Yield the filters that a cursor was made without, each with a value that it takes."""
    for name in collection.page.filters:
        parameter = collection.operation.parameter(name)
        if name not in collection.narrow and parameter is not None:
            yield name, collection.resources.samples.argument(parameter)


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


@fault(test_cursors_belong_to_their_list)
def the_first_character_is_not_looked_at(request: Request) -> Steps:
    """A cursor is known by all its characters but the first."""
    cursor = request.query.get("cursor", "")
    if cursor[1:] in request.memory:
        request.query["cursor"] = request.memory[cursor[1:]]
    answer = yield
    if is_feed(request, answer) and answer.members["next_cursor"]:
        following = answer.members["next_cursor"]
        request.memory[following[1:]] = following


@fault(test_cursors_belong_to_their_list)
def another_genre_may_be_asked_for(request: Request) -> None:
    """A cursor leads on with a filter by genre that it was not made with."""
    if "cursor" in request.query:
        request.query.pop("genre", None)
