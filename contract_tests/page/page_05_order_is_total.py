"""PAGE-05: order is total."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from bookplate import asked, expect, experiment, fault
from bookplate.contract import is_collection, look_up
from bookplate.faults import Answer, Request, shows
from bookplate.fixtures import Collection

from ._shared import Item, plant_with_ties


@experiment("PAGE-05", source="x-pagination", applies=is_collection, explained_by=("PAGE-01",))
def test_order_is_total(collection: Collection) -> None:
    """
    A list is in the declared order for each sort key, with ties decided the same way for pages of any size.
    Where no order is declared, it is the same one for pages of any size.

    Numbers are ordered as numbers and times as times: 9 stands before 10.

    Why it matters: without one order of all items, an item moves to another page while a client reads the list. The
    client then misses it or has it twice.

    To mend it: sort in the database, before the page is cut, by the key of the request and then by the id. Store
    numbers and dates as such, as text puts 10 before 9.
    """
    planted = plant_with_ties(collection)
    size, sort = collection.size(), collection.page.sort
    other_size = min(size + 1, collection.bounds[1])

    orders: list[tuple[dict[str, Any], Sequence[str]]] = [({}, collection.page.order)]
    if sort:
        orders += [({sort.parameter: name}, order) for name, order in sort.keys.items()]
    for (query, order), trial in expect.each(orders):
        with trial:
            expect_order(collection, planted, query, order, (size, other_size))


def expect_order(
    collection: Collection, planted: set[Any], query: dict[str, Any], order: Sequence[str], sizes: tuple[int, int]
) -> None:
    """Expect the planted items to be in an order, if one is promised, and all in the same one in pages of both sizes."""
    size, other_size = sizes
    with_query = f" with {asked(query)}" if query else ""
    found = [item for page in collection.walk(size, query) for item in page]
    if order:
        ours = [item for item in found if collection.key(item) in planted]
        expected = collection.keys([in_order(collection, ours, order)])
        expect.equal(
            collection.keys([ours]),
            expected,
            what=f"the items in the order that is asked for{with_query}",
            shown=collection.evidence,
        )

    again = collection.keys(collection.walk(other_size, query, numbers=True))
    what = f"the items in pages of {other_size}{with_query}, which are not in the order of pages of {size}"
    expect.equal(again, collection.keys([found]), what=what, shown=collection.evidence)


def in_order(collection: Collection, items: list[Item], order: Sequence[str]) -> list[Item]:
    """Sort items by the pointers of an order, `-` for descending; items without a value come before all others."""
    for pointer in reversed(order):
        is_descending = pointer.startswith("-")
        place = pointer.removeprefix("-")
        rank = partial(rank_of, place=place, read=reader_of(collection, place))
        items = sorted(items, key=rank, reverse=is_descending)
    return items


def rank_of(item: Item, place: str, read: Callable[[str], Any]) -> tuple[bool, Any]:
    """Return what an item is sorted by: whether it has a value, and the value."""
    value = look_up(item, place)
    return value is not None, read(value) if value else value


def reader_of(collection: Collection, place: str) -> Callable[[str], Any]:
    """Return the function that makes a comparable value from a member: text that means a number or time is read."""
    schema = collection.listed.properties.get(place[1:]) if collection.listed else None
    if schema is not None and schema.format == "decimal":
        return Decimal
    if schema is not None and schema.format == "date-time":
        return datetime.fromisoformat
    return lambda value: value


@fault(test_order_is_total)
def sort_is_forgotten_on_later_pages(request: Request) -> None:
    """Only the first page is sorted."""
    if request.query.get("page", "1") != "1":
        request.query.pop("sort", None)


@fault(test_order_is_total)
def ties_fall_as_they_may(request: Request, answer: Answer) -> None:
    """Items that tie come in another order on pages of another size."""
    is_other_size = request.query.get("sort") == "author" and request.query.get("per_page") == "2"
    if is_other_size and shows(request, answer, "pagination"):
        answer.put(items=answer.members["items"][::-1])


@fault(test_order_is_total)
def descending_is_ascending(request: Request) -> None:
    """A minus sign before a sort key is ignored."""
    if "sort" in request.query:
        request.query["sort"] = request.query["sort"].removeprefix("-")


@fault(test_order_is_total)
def prices_are_sorted_as_texts(request: Request, answer: Answer) -> None:
    """A price of 10.00 stands before one of 9.99."""
    if request.query.get("sort") == "price" and shows(request, answer, "pagination"):
        items = sorted(answer.members["items"], key=lambda item: str(item["price"]))
        answer.put(items=items)
