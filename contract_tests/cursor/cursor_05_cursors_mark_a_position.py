"""CURSOR-05: cursors mark a position."""

from itertools import cycle, islice
from typing import Any

from bookplate import expect, experiment, fault
from bookplate.contract import has_cursors
from bookplate.faults import Request, Steps
from bookplate.fixtures import Collection

from ._shared import NOTHING_MORE, first_cursor, is_feed

# How many pages a walk has at most: it goes in circles otherwise.
LONGEST_WALK = 100


@experiment("CURSOR-05", source="x-pagination", applies=has_cursors, explained_by=("CURSOR-01",))
def test_cursors_mark_a_position(collection: Collection) -> None:
    """
    A cursor that is used several times, with different page sizes, leads to the same items each time.

    A page has at most as many items as this request asks for, whatever the request for the page before asked for. A walk
    in which sizes grow and shrink meets each item once.

    Why it matters: a client repeats a request whose answer was lost. When the cursor works only once, or with one size,
    the client loses its place in the list.

    To mend it: keep nothing of a cursor on the server that is used up, and let the cursor hold the place alone.
    Take the size from each request.
    """
    cursor = first_cursor(collection)
    sizes = (collection.bounds[0], collection.size(), collection.bounds[1])

    longest: list[Any] = []
    for size in (*sizes, *sizes):
        page = collection.get({collection.size_parameter: size, collection.page.place: cursor})
        collection.last.append(page)
        found = collection.keys([collection.items(page)])

        expect.that(
            len(found) <= size,
            f"a page of {size} that a cursor leads to has {len(found)} items",
            expected=f"at most {size}",
            shown=collection.evidence,
        )
        # A page without items, after one with items, is another position too.
        expected = longest[: max(len(found), 1)]
        expect.equal(found[: len(longest)], expected, what="a cursor leads to the items", shown=collection.evidence)
        if len(found) > len(longest):
            longest = found
    expect_walk_with_changing_sizes(collection, sizes)


def expect_walk_with_changing_sizes(collection: Collection, sizes: tuple[int, ...]) -> None:
    """Walk with another size from page to page, and expect the items of a walk with one size."""
    expected = collection.keys(collection.walk(collection.size()))
    met: list[Any] = []
    collection.last = []
    cursor: Any = None
    for size in islice(cycle([*sizes[:2], sizes[0], *sizes[1:2], sizes[1] + 1]), LONGEST_WALK):
        asked = {**collection.asking_for(size), **({collection.page.place: cursor} if cursor is not None else {})}
        page = collection.get(asked)
        met += collection.keys([collection.items(page)])
        cursor = collection.cursor(page)
        collection.last.append(page)
        if cursor is None or not collection.items(page):
            break
    expect.equal(met, expected, what="items of a walk whose sizes grow and shrink", shown=collection.evidence)


@fault(test_cursors_mark_a_position)
def later_pages_have_the_default_size(request: Request) -> None:
    """The requested size is ignored where there is a cursor."""
    if "cursor" in request.query:
        request.query.pop("limit", None)


@fault(test_cursors_mark_a_position)
def cursors_are_spent(request: Request) -> Steps:
    """A cursor that was used three times finds nothing more."""
    if "cursor" in request.query:
        request.times("uses")
    answer = yield
    if is_feed(request, answer) and request.memory.get("uses", 0) > 3:
        answer.put(items=[], **NOTHING_MORE)


@fault(test_cursors_mark_a_position)
def a_larger_page_begins_one_later(request: Request) -> Steps:
    """A page that is larger than the one before it lacks its first item."""
    size = int(request.query.get("limit", "20"))
    grows = size > request.memory.get("size", size)
    request.memory["size"] = size
    answer = yield
    if "cursor" in request.query and grows and is_feed(request, answer):
        answer.put(items=answer.members["items"][1:])
