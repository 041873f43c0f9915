"""CURSOR-05: cursors mark a position."""

from typing import Any

from bookplate import expect, experiment, fault
from bookplate.contract import has_cursors
from bookplate.faults import Request, Steps
from bookplate.fixtures import Collection

from ._shared import NOTHING_MORE, first_cursor, is_feed


@experiment("CURSOR-05", source="x-pagination", applies=has_cursors)
def test_cursors_mark_a_position(collection: Collection) -> None:
    """
    A cursor that is used several times, with different page sizes, leads to the same items each time.

    A page has at most as many items as this request asks for, whatever the request for the page before asked for.

    Why it matters: a client repeats a request whose answer was lost. When the cursor works only once, or with one size,
    the client loses its place in the list.
    """
    cursor = first_cursor(collection)
    sizes = (collection.bounds[0], collection.size(), collection.bounds[1])

    longest: list[Any] = []
    for size in (*sizes, *sizes):
        page = collection.get({collection.size_parameter: size, collection.page.place: cursor})
        collection.last.append(page)
        found = collection.keys([collection.items(page)])

        expect.that(
            len(found) <= size, f"items of {size}: {len(found)}", expected=f"at most {size}", shown=collection.evidence
        )
        # A page without items, after one with items, is another position too.
        expected = longest[: max(len(found), 1)]
        expect.equal(found[: len(longest)], expected, what="items after the cursor", shown=collection.evidence)
        if len(found) > len(longest):
            longest = found


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
