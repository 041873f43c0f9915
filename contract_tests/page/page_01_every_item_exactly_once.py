"""PAGE-01: every item exactly once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from math import ceil
from typing import Any

from bookplate import expect, experiment, fault, listed, said
from bookplate.contract import is_walkable
from bookplate.faults import Answer, Request, shows
from bookplate.fixtures import Collection

MOST_NAMED = 3  # items that are on several pages, and items that are on none


@experiment("PAGE-01", source="x-pagination", applies=is_walkable)
def test_every_item_exactly_once(collection: Collection) -> None:
    """
    Following `next` from the first page visits every item exactly once, in as many pages as the items fill.

    It is tried with full pages, and with pages of which the last is not full. A list without `next` is asked for page
    after page. Where pages begin by an offset, a walk in which their sizes grow and shrink does so too.

    Why it matters: a client that reads the whole list lacks items or has items twice. A sum, an export or a backup is
    then wrong, and nothing shows it.

    To mend it: sort by a key that no two items share: append the id to every order. Begin page n at `(n - 1) *
    size`, ask for exactly `size` items, and decide about `next` by whether there are more. Check that the page
    number of the request reaches the query.
    """
    planted = collection.plant(12)

    # What goes wrong is seen best where pages have several items.
    for size, trial in expect.each(sorted(collection.sizes(), key=lambda size: size == 1)):
        with trial:
            expect_every_item_once(collection, planted, size)
    if collection.page.style == "offset" and collection.page.size is not None:
        expect_walk_with_changing_sizes(collection)


def expect_walk_with_changing_sizes(collection: Collection) -> None:
    """Walk by offsets with another size from page to page, and expect the items of a walk with one size."""
    size, most = collection.size(), collection.bounds[1]
    expected = collection.keys(collection.walk(size))
    met: list[Any] = []
    collection.last = []
    for each in cycle((min(size + 1, most), size)):
        page = collection.get({**collection.asking_for(each), collection.page.place: collection.first + len(met)})
        collection.last.append(page)
        found = collection.keys([collection.items(page)])
        met += found
        if not found or len(met) >= len(expected):
            break
    expect.equal(met, expected, what="items of a walk whose sizes grow and shrink", shown=collection.evidence)


def expect_every_item_once(collection: Collection, planted: set[Any], size: int) -> None:
    """Walk through pages of a size, and expect each item on one of them, in no more pages than the items fill."""
    pages = list(collection.walk(size))

    found_on: dict[Any, list[int]] = defaultdict(list)
    for number, page in enumerate(pages, 1):
        for key in collection.keys([page]):
            found_on[key].append(number)
    shown = collection.evidence
    wrong = wrongly_placed(planted, found_on)
    expect.that(not wrong, f"in pages of {size}, {wrong}", expected="each item on one page", shown=shown)
    count, needed = len(found_on), ceil(len(found_on) / size)
    expect.that(
        len(pages) == needed,
        f"{count} items in pages of {size} are shown on {len(pages)} pages",
        expected=f"{needed} pages",
        shown=shown,
    )


def wrongly_placed(planted: Iterable[Any], found_on: Mapping[Any, Sequence[int]]) -> str:
    """Return which items are on several pages, or on none, such as `item 2 is on pages 1 and 2, item 3 is on none`."""
    repeated = [
        f"item {said(key)} is on {places_in_words(numbers)}" for key, numbers in found_on.items() if len(numbers) > 1
    ]
    lost = [f"item {said(key)} is on none" for key in sorted(planted, key=str) if key not in found_on]
    named = [*repeated[:MOST_NAMED], *lost[:MOST_NAMED]]
    more = len(repeated) + len(lost) - len(named)
    return ", ".join([*named, *([f"and so with {more} more"] if more else [])])


def places_in_words(numbers: Sequence[int]) -> str:
    """Return the pages of an item that is on several, or twice on one."""
    different = sorted(set(numbers))
    return f"pages {listed(map(str, different))}" if len(different) > 1 else f"page {different[0]} more than once"


@fault(test_every_item_exactly_once)
def first_item_is_the_last_of_the_page_before(request: Request, answer: Answer) -> None:
    """Each page starts with the last item of the page before it."""
    if shows(request, answer, "items"):
        items = answer.members["items"]
        page_before = request.memory.get("page before", items)
        request.memory["page before"] = items
        answer.put(items=page_before[-1:] + items[1:])


@fault(test_every_item_exactly_once)
def last_item_of_a_page_is_lost(request: Request, answer: Answer) -> None:
    """Each page lacks its last item."""
    if shows(request, answer, "items"):
        items = answer.members["items"]
        answer.put(items=items[:-1] or items)


@fault(test_every_item_exactly_once)
def next_leads_nowhere_new(request: Request) -> None:
    """Every page number leads to the first page."""
    request.query.pop("page", None)
