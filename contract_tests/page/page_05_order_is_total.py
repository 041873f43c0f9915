"""PAGE-05: order is total."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import Any

from bookplate import experiment, fault
from bookplate.contract import is_collection, is_paged, look_up
from bookplate.faults import Request, Steps, bent
from bookplate.fixtures import Collection

from ._shared import Item, filtered, items_of, ties

READ: dict[Any, Callable[[str], Any]] = {"decimal": Decimal, "date-time": datetime.fromisoformat}


@experiment("PAGE-05", source="x-pagination", applies=is_collection)
def test_order_is_total(collection: Collection) -> None:
    """
    Each sort key puts all items in its one order, ties included, across the borders of pages of any size.

    A filter leaves out what does not match and nothing else, before the rest is cut into pages.
    """
    planted = collection.plant(5, ties(collection))
    size, sort = collection.size(), collection.page.sort
    other, whole = min(size + 1, collection.bounds[1]), items_of(collection)
    if collection.narrow:
        collection.expect(f"found under {collection.narrow}", {collection.key(item) for item in whole}, planted)
    orders = [({sort.parameter: name}, order) for name, order in sort.keys.items()] if sort else []
    for query, order in (({}, collection.page.order), *orders):
        found = [item for page in collection.walk(size, query) for item in page]
        ours = [item for item in found if collection.key(item) in planted]
        right = collection.keys([in_order(collection, ours, order)])
        collection.expect(f"order {query or ''}", collection.keys([ours]), right)
        again = collection.keys(collection.walk(other, query, numbers=True))
        collection.expect(f"order {query or ''} in pages of {other}", again, collection.keys([found]))
    for query, matching in filtered(collection, whole):
        collection.expect(f"{query}", collection.keys(collection.walk(size, query)), collection.keys([matching]))
        if is_paged(collection.operation):
            collection.expect(f"pages {query}", len(collection.last), ceil(len(matching) / size))


def in_order(collection: Collection, items: list[Item], order: Sequence[str]) -> list[Item]:
    """Sort items by the pointers of an order; text that means a number or a time is compared as that."""
    for ordered in reversed(order):
        at = ordered.removeprefix("-")
        schema = collection.listed.properties.get(at[1:]) if collection.listed else None
        read = READ.get(schema.format if schema else None, lambda text: text)

        def rank(item: Item, at: str = at, read: Callable[[str], Any] = read) -> tuple[bool, Any]:
            value = look_up(item, at)
            return value is not None, value and read(value)

        items = sorted(items, key=rank, reverse=ordered != at)
    return items


@fault(test_order_is_total)
def sort_is_forgotten_on_later_pages(request: Request) -> None:
    """Only the first page is sorted."""
    if request.query.get("page", "1") != "1":
        request.query.pop("sort", None)


@fault(test_order_is_total)
def ties_fall_as_they_may(request: Request) -> Steps:
    """Items that tie come in another order on pages of another size."""
    back = -1 if (request.query.get("sort"), request.query.get("per_page")) == ("author", "2") else 1
    yield from bent(request, lambda body: {"items": body["items"][::back]}, "pagination")


@fault(test_order_is_total)
def descending_is_ascending(request: Request) -> None:
    """A minus sign makes no difference."""
    request.query |= {name: value.removeprefix("-") for name, value in request.query.items() if name == "sort"}


@fault(test_order_is_total)
def filter_comes_after_paging(request: Request) -> Steps:
    """Pages are cut from the whole, and then filtered."""
    genre = request.query.pop("genre", None)
    yield from bent(request, lambda b: {"items": [i for i in b["items"] if genre in (None, i.get("genre"))]})
