"""PAGE-04: totals are true."""

from typing import Any

from bookplate import asked, expect, experiment, fault
from bookplate.faults import Answer, Request, shows
from bookplate.fixtures import Collection

from ._shared import is_counted, items_of, plant_with_ties, query_of, searches


@experiment("PAGE-04", source="x-pagination", applies=is_counted, explained_by=("PAGE-01",))
def test_totals_are_true(collection: Collection) -> None:
    """
    The total on every page is the number of items that a walk through all pages meets, with and without a filter.

    It is tried with pages of several sizes, and where the list shows nothing.

    Why it matters: a client shows the total to its user and computes the last page from it. A wrong one leads to pages
    that do not exist, or hides the last items.

    To mend it: count with the same conditions as the page is selected: one function builds the filter for both
    queries. Count in the same transaction, and do not reuse a total of another filter.
    """
    plant_with_ties(collection)
    size = collection.size()
    filters = [query_of(search) for search in searches(collection, items_of(collection))]
    nobody = {name: f"Nobody {collection.resources.samples.unique()}" for name in collection.narrow}

    queries: list[tuple[int, dict[str, Any]]] = [(each, {}) for each in collection.sizes()]
    queries += [(size, query) for query in [*filters, *([nobody] if nobody else [])]]
    for (each, query), trial in expect.each(queries):
        with trial:
            count = len(collection.keys(collection.walk(each, query)))

            totals = [collection.total(page) for page in collection.last]
            what = f"totals on the pages of a search for {asked(query)}" if query else f"totals on pages of {each}"
            expect.equal(totals, [count] * len(totals), what=what, shown=collection.evidence)


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


@fault(test_totals_are_true)
def nothing_is_counted_as_one(request: Request, answer: Answer) -> None:
    """The total of a list that shows nothing is one."""
    if shows(request, answer, "pagination") and not answer.members["items"]:
        pagination = answer.members["pagination"]
        answer.put(pagination={**pagination, "total_items": 1})
