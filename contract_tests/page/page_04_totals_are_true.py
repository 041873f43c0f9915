"""PAGE-04: totals are true."""

from typing import Any

from bookplate import expect, experiment, fault
from bookplate.faults import Answer, Request, shows
from bookplate.fixtures import Collection

from ._shared import contents_that_tie, filtered, is_counted, items_of


@experiment("PAGE-04", source="x-pagination", applies=is_counted)
def test_totals_are_true(collection: Collection) -> None:
    """
    The total on every page is the number of items that a walk through all pages meets, with and without a filter.

    Why it matters: a client shows the total to its user and computes the last page from it. A wrong one leads to pages
    that do not exist, or hides the last items.
    """
    collection.plant(5, contents_that_tie(collection))
    size = collection.size()
    whole = items_of(collection)

    queries: list[dict[str, Any]] = [{}, *(query for query, _ in filtered(collection, whole))]
    for query, trial in expect.each(queries):
        with trial:
            count = len(collection.keys(collection.walk(size, query)))

            totals = [collection.total(page) for page in collection.last]
            expect.equal(totals, [count] * len(totals), what=f"totals {query or ''}", shown=collection.evidence)


@fault(test_totals_are_true)
def total_is_off_by_one(request: Request, answer: Answer) -> None:
    """The total is the index of the last item."""
    if shows(request, answer, "pagination"):
        pagination = answer.members["pagination"]
        answer.put(pagination={**pagination, "total_items": pagination["total_items"] - 1})


@fault(test_totals_are_true)
def total_forgets_a_filter(request: Request, answer: Answer) -> None:
    """The total counts the items before the filter by year."""
    if not shows(request, answer, "pagination"):
        return
    pagination = answer.members["pagination"]
    author = request.query.get("author", "")
    first_total = request.memory.setdefault(author, pagination["total_items"])
    if "year_from" in request.query:
        answer.put(pagination={**pagination, "total_items": first_total})
