"""PAGE-04: totals are true."""

from bookplate import experiment, fault
from bookplate.contract import look_up
from bookplate.faults import Request, Steps, retold
from bookplate.fixtures import Collection

from ._shared import filtered, is_counted, items_of, ties


@experiment("PAGE-04", source="x-pagination", applies=is_counted)
def test_totals_are_true(collection: Collection) -> None:
    """On every page the total is the number of items that a walk meets, under each filter too."""
    collection.plant(5, ties(collection))
    size, whole = collection.size(), items_of(collection)
    for query in ({}, *(query for query, _ in filtered(collection, whole))):
        count = len(collection.keys(collection.walk(size, query)))
        totals = [look_up(answer.json(), collection.page.total or "/-") for answer in collection.last]
        collection.expect(f"totals {query or ''}", totals, [count] * len(totals))


@fault(test_totals_are_true)
def total_is_off_by_one(request: Request) -> Steps:
    """The total is the index of the last item."""
    yield from retold(request, lambda beside: beside.update(total_items=beside["total_items"] - 1))


@fault(test_totals_are_true)
def total_forgets_a_filter(request: Request) -> Steps:
    """What is counted is what was counted before the filter by year was put on."""
    seen = request.memory.setdefault(request.query.get("author", ""), [])
    at = 0 if "year_from" in request.query else -1
    yield from retold(request, lambda b: seen.append(b["total_items"]) or b.update(total_items=seen[at]))
