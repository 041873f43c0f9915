"""PAGE-08: filters find what matches."""

from collections.abc import Mapping
from itertools import cycle
from math import ceil
from typing import Any

from bookplate import NotChecked, asked, expect, experiment, fault
from bookplate.contract import is_paged
from bookplate.faults import Answer, Request, Steps, shows
from bookplate.fixtures import Collection

from ._shared import (
    Item,
    Search,
    has_filters,
    items_of,
    pairs,
    plant_with_ties,
    query_of,
    searches,
    verdict,
)

# How many pairs of filters are tried together.
MOST_PAIRS = 6


@experiment("PAGE-08", source="x-pagination", applies=has_filters, explained_by=("PAGE-01",))
def test_filters_find_what_matches(collection: Collection) -> None:
    """
    A filter leaves out the items that do not match and no others, with each sort, and together with other filters.

    It does so before the list is cut into pages. Its bound is in. The total counts what matches, on every page. A text
    that no item has finds nothing, or gets a documented 4xx.

    Why it matters: a client that asks for a part of the list gets items that do not belong to it, or lacks some.
    Reports are wrong, and nothing shows it.

    To mend it: apply all filters as conditions of the query, joined by AND, before order and page. Look at branches
    that build another query, as for a sort or a search: each needs the same conditions.
    """
    planted = plant_with_ties(collection)
    size = collection.size()
    whole = items_of(collection)
    if collection.narrow:
        found = {collection.key(item) for item in whole}
        expect.equal(
            found, planted, what=f"a search for {asked(collection.narrow)} finds the items", shown=collection.evidence
        )
    known = list(searches(collection, whole))
    if not known and not collection.narrow:
        raise NotChecked(
            f"no item of {collection.operation.id} has a value for a filter: write an example of "
            f"{collection.creator.id} that has some, or correct x-pagination"
        )

    for search, trial in expect.each([*known, *pairs(known, MOST_PAIRS)]):
        with trial:
            expect_found(collection, search, {}, whole, size)
    telling = [each for each in known if any(verdict(collection, each, item) is False for item in whole)]
    expect_found_with_each_sort(collection, telling or known, size)
    expect_nothing_found(collection)


def expect_found(
    collection: Collection, search: Search, order: Mapping[str, Any], whole: list[Item], size: int
) -> None:
    """Expect a walk to meet what a search finds of all items, in their order, in as many pages as that fills."""
    query = {**query_of(search), **order}
    found = collection.keys(collection.walk(size, query))

    verdicts = {collection.key(item): verdict(collection, search, item) for item in whole}
    sure = [key for key, matches in verdicts.items() if matches]
    open_ones = {key for key, matches in verdicts.items() if matches is None}
    surely_found = [key for key in found if key not in open_ones]
    expect.equal(surely_found, sure, what=f"a search for {asked(query)} finds the items", shown=collection.evidence)
    if open_ones:
        return
    if is_paged(collection.operation):
        pages = len(collection.last)
        expect.equal(
            pages,
            max(ceil(len(sure) / size), 1),
            what=f"pages of a search for {asked(query)}",
            shown=collection.evidence,
        )
    if collection.page.total is not None:
        totals = [collection.total(page) for page in collection.last]
        expect.equal(
            totals,
            [len(sure)] * len(totals),
            what=f"totals on the pages of a search for {asked(query)}",
            shown=collection.evidence,
        )


def expect_found_with_each_sort(collection: Collection, known: list[Search], size: int) -> None:
    """Expect each sort to order what a search finds as it orders all items; searches take turns."""
    sort = collection.page.sort
    if sort is None or not known:
        return
    for (name, search), trial in expect.each(list(zip(sort.keys, cycle(known), strict=False))):
        with trial:
            order = {sort.parameter: name}
            whole = [item for page in collection.walk(collection.bounds[1], order) for item in page]
            expect_found(collection, search, order, whole, size)


def expect_nothing_found(collection: Collection) -> None:
    """Expect a text that no item has to find nothing, or to be refused."""
    nobody = f"Nobody {collection.resources.samples.unique()}"
    for name in collection.operation.text_filters:
        answer = collection.get({name: nobody})
        if 400 <= answer.status < 500 and collection.operation.response_to(answer.status) is not None:
            continue
        found = collection.keys([collection.items(answer)])
        expect.equal(
            found, [], what=f"a search for {name}={nobody}, which no item has, finds the items", shown=[answer]
        )
        if collection.page.total is not None:
            expect.equal(collection.total(answer), 0, what="total where nothing is found", shown=[answer])


@fault(test_filters_find_what_matches)
def filter_comes_after_paging(request: Request) -> Steps:
    """The whole list is cut into pages, and then each page is filtered."""
    genre = request.query.pop("genre", None)
    answer = yield
    if genre is not None and shows(request, answer, "items"):
        items = [item for item in answer.members["items"] if item.get("genre") == genre]
        answer.put(items=items)


@fault(test_filters_find_what_matches)
def sort_forgets_a_filter(request: Request) -> None:
    """A list that is sorted is not filtered by its genre."""
    if "sort" in request.query:
        request.query.pop("genre", None)


@fault(test_filters_find_what_matches)
def one_filter_is_enough(request: Request) -> None:
    """Of a genre and a year, only the genre counts."""
    if "genre" in request.query:
        request.query.pop("year_from", None)
        request.query.pop("year_to", None)


@fault(test_filters_find_what_matches)
def bound_is_left_out(request: Request) -> None:
    """Only books that are older than the last year are found."""
    if "year_to" in request.query:
        request.query["year_to"] = str(int(request.query["year_to"]) - 1)


@fault(test_filters_find_what_matches)
def unknown_texts_find_all(request: Request) -> None:
    """A text that no item has is left aside."""
    if request.query.get("author", "").startswith("Nobody"):
        del request.query["author"]


@fault(test_filters_find_what_matches)
def total_forgets_a_filter_with_a_sort(request: Request, answer: Answer) -> None:
    """The total of a list that is sorted and filtered is one too large."""
    if "sort" in request.query and "genre" in request.query and shows(request, answer, "pagination"):
        pagination = answer.members["pagination"]
        answer.put(pagination={**pagination, "total_items": pagination["total_items"] + 1})
