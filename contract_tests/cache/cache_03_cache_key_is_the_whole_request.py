"""CACHE-03: cache key is the whole request."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, Sort, is_collection, is_walkable, look_up
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Collection, Resources, items_on, origins_of
from bookplate.wire import Exchange

from ._shared import answer_from_cache


@experiment(
    "CACHE-03",
    source="RFC 9111, sections 4 and 4.1; x-pagination",
    applies=is_collection,
    explained_by=("PAGE-01", "CURSOR-01"),
)
def test_cache_key_is_the_whole_request(operation: Operation, resources: Resources, collection: Collection) -> None:
    """
    Requests to one path that differ in page, size, filter or sort each get the answer to their own query.

    Where the Origin field changes an answer, `Vary` names it, also in answers to requests without an Origin.

    Why it matters: a cache that looks at less than the whole request answers page 2 with page 1. A filter shows the
    items of another filter. A browser refuses an answer that was stored for another origin.

    To mend it: build the key of the cache from the whole query, sorted by name, with path, method and caller. Send
    `Vary` with each header field that the answer depends on.
    """
    if collection.bounds[0] > 1 or collection.bounds[1] < 2:
        raise NotChecked("the document allows no page small enough")
    collection.plant(2)
    page = collection.page

    first = ask(collection, {})
    both = ask(collection, {collection.size_parameter: 2})
    second = ask(collection, {page.place: place_of_second_page(collection, first)})
    unmatched = {name: ask(collection, {name: f"Nobody {resources.samples.unique()}"}) for name in collection.narrow}
    origins = origins_of(operation, resources.users.config)
    with_origin = ask(collection, {}, {"Origin": origins[0] if origins else "null"})

    answers = [first, both, second, *unmatched.values(), with_origin]
    items = items_of(collection, both)
    expect_counts(collection.size_parameter, len(items) == 2 and items_of(collection, first) == items[:1], answers)
    expect_counts("page", items_of(collection, second) == items[1:], answers)
    for name, answer in unmatched.items():
        expect_counts(name, items_of(collection, answer) == [], answers)
    expect_order_counts(collection, both)
    allowed = {answer.header("access-control-allow-origin") for answer in answers}
    expect_counts("Origin", len(allowed) == 1 or all(map(varies_by_origin, answers)), answers)


def expect_order_counts(collection: Collection, both: Exchange) -> None:
    """Ask for two items in two opposite orders, where they differ in what the list can be sorted by."""
    sort = collection.page.sort
    items = items_on(collection.page, both) or []
    if sort is None or len(items) != 2:
        return
    for ascending, descending, place in opposite_orders(sort):
        one, other = (look_up(item, place) for item in items)
        if one == other or one is None or other is None:
            continue
        up = ask(collection, {collection.size_parameter: 2, sort.parameter: ascending})
        down = ask(collection, {collection.size_parameter: 2, sort.parameter: descending})
        if sorted(map(str, items_of(collection, up))) == sorted(map(str, collection.keys([items]))):
            expect_counts(sort.parameter, items_of(collection, up) != items_of(collection, down), [both, up, down])
        return


def opposite_orders(sort: Sort) -> Iterator[tuple[str, str, str]]:
    """Yield values of a sort parameter for two opposite orders, with the pointer to what decides."""
    first = {places[0]: name for name, places in sort.keys.items()}
    for place, name in first.items():
        if f"-{place}" in first:
            yield name, first[f"-{place}"], place


def ask(collection: Collection, query: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Exchange:
    """Ask for the planted items, one a page where the query does not say otherwise."""
    whole = {**collection.narrow, collection.size_parameter: 1, **query}
    return collection.resources.call(collection.prepared, headers, query=whole)


def items_of(collection: Collection, answer: Exchange) -> list[Any]:
    """Return the keys of the items that an answer shows: other members may move by themselves."""
    return collection.keys([items_on(collection.page, answer) or []])


def place_of_second_page(collection: Collection, first: Exchange) -> Any:
    """Return the parameter that leads from a first page of one item to the next page."""
    return collection.place_of(1, 1) if is_walkable(collection.operation) else collection.cursor(first)


def varies_by_origin(answer: Exchange) -> bool:
    return bool(re.search(r"\borigin\b|\*", answer.header("vary") or "", re.IGNORECASE))


def expect_counts(name: str, holds: bool, answers: list[Exchange]) -> None:
    """Expect a part of a request to count in the choice of its answer."""
    expect.that(
        holds,
        f"requests that differ in '{name}' alone get one answer: the cache does not look at it",
        expected="for each what it asks for",
        shown=answers,
    )


@fault(test_cache_key_is_the_whole_request)
def key_is_the_path(request: Request) -> Steps:
    """The query is not part of the cache key."""
    yield from answer_from_cache(request, request.path)


@fault(test_cache_key_is_the_whole_request)
def key_lacks_the_page(request: Request) -> Steps:
    """The page number and the cursor are not part of the cache key."""
    query = {**request.query, "page": "", "cursor": ""}
    yield from answer_from_cache(request, request.path, str(query))


@fault(test_cache_key_is_the_whole_request)
def vary_is_silent(request: Request, answer: Answer) -> None:
    """Answers have no Vary field."""
    answer.headers.pop("vary", None)


@fault(test_cache_key_is_the_whole_request)
def key_lacks_the_sort(request: Request) -> Steps:
    """The order that is asked for is not part of the cache key."""
    yield from answer_from_cache(request, request.path, str({**request.query, "sort": ""}))
