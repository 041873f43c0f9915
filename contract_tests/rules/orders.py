"""Orders: totals, sort keys and filters, as the walk of a whole collection shows them."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from math import ceil
from operator import eq, ge, le
from typing import Any

from ..collection import Collection
from ..fault import Request, Steps, bent, retold
from ..operation import Operation, is_collection, is_paged
from ..pointer import look_up
from ..rule import SHOULD, experiment

TEXTS = (("Tie a", "Tie b"), ("9.99", "10.00"))
READ: dict[Any, Callable[[str], Any]] = {"decimal": Decimal, "date-time": datetime.fromisoformat}
MATCHES: dict[str, Callable[[Any, Any], bool]] = {"equal": eq, "at-least": ge, "at-most": le}

Item = Mapping[str, Any]


def is_counted(operation: Operation) -> bool:
    return is_paged(operation) and "total" in (operation.pagination or {})


@experiment("PAGE-04", source="x-pagination", applies=is_counted)
def totals_are_true(collection: Collection) -> None:
    """On every page the total is the number of items that a walk meets, under each filter too."""
    collection.plant(5, ties(collection))
    size, whole = collection.size(), items_of(collection)
    for query in ({}, *(query for query, _ in filtered(collection, whole))):
        count = len(collection.keys(collection.walk(size, query)))
        totals = [look_up(answer.json(), collection.page["total"]) for answer in collection.last]
        collection.expect(f"totals {query or ''}", totals, [count] * len(totals))


@experiment("PAGE-07", source="x-pagination", level=SHOULD, applies=is_counted)
def what_stands_beside_the_total_is_true(collection: Collection) -> None:
    """What stands beside the total under a usual name, such as `total_pages` or `has_next`, agrees with the walk."""
    collection.plant(5)
    size, beside = collection.size(), collection.page["total"].rpartition("/")[0]
    pages = len(list(collection.walk(size)))
    for number, answer in enumerate(collection.last, start=1):
        true = {"total_pages": pages, "has_next": number < pages, "has_prev": number > 1}
        true |= {collection.page["page"]: collection.first + number - 1, collection.page["size"]: size}
        said = look_up(answer.json(), beside) or {}
        collection.expect(f"page {number}", {name: said.get(name, true[name]) for name in true}, true)


@experiment("PAGE-05", source="x-pagination", applies=is_collection)
def there_is_one_order(collection: Collection) -> None:
    """
    Each sort key puts all items in its one order, ties included, across the borders of pages of any size.

    A filter leaves out what does not match and nothing else, before the rest is cut into pages.
    """
    planted = collection.plant(5, ties(collection))
    size, sort = collection.size(), collection.page.get("sort", {"parameter": "", "keys": {}})
    other, whole = min(size + 1, collection.bounds[1]), items_of(collection)
    if collection.narrow:
        collection.expect(f"found under {collection.narrow}", {collection.key(item) for item in whole}, planted)
    orders = [({sort["parameter"]: name}, order) for name, order in sort["keys"].items()]
    for query, order in (({}, collection.page["order"]), *orders):
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


def items_of(collection: Collection) -> list[Item]:
    return [item for page in collection.walk(collection.size()) for item in page]


def ties(collection: Collection) -> list[dict[str, Any]]:
    """Return contents by which five items share the values that can be sorted or filtered by, in different groups."""
    creator, named = collection.shelf.creator_of(collection.listed), json.dumps(collection.page)
    members = collection.shelf.document.members(creator)
    free = [name for name in members if f'/{name}"' in named and name not in creator.unique]
    pairs = {f"/{name}": two_values(collection, members[name]) for name in free}
    groups = [(at, pair, n % 3) for n, (at, pair) in enumerate(pairs.items()) if pair]
    return [{at: pair[i >> shift & 1] for at, pair, shift in groups} for i in range(5)]


def two_values(collection: Collection, schema: Any) -> tuple[Any, ...]:
    """Return two valid values of a member, such texts as every server puts in one order; none where none are known."""
    document, schema = collection.shelf.document, collection.shelf.document.resolve(schema)
    choices = [document.resolve(each).get("enum", ()) for each in (schema, *schema.get("oneOf", ()))]
    low = max(schema.get("minimum", 1), 1)
    for pair in (*(tuple(choice[:2]) for choice in choices), *TEXTS, (low, low + 1)):
        if len(pair) == 2 and not any(document.violations(schema, value, request=True) for value in pair):
            return pair
    return ()


def in_order(collection: Collection, items: list[Item], order: list[str]) -> list[Item]:
    """Sort items by the pointers of an order; text that means a number or a time is compared as that."""
    for ordered in reversed(order):
        at = ordered.removeprefix("-")
        schema = collection.shelf.document.resolve(collection.listed.get("properties", {}).get(at[1:])) or {}
        read = READ.get(schema.get("format"), lambda text: text)

        def rank(item: Item, at: str = at, read: Callable[[str], Any] = read) -> tuple[bool, Any]:
            value = look_up(item, at)
            return value is not None, value and read(value)

        items = sorted(items, key=rank, reverse=ordered != at)
    return items


def filtered(collection: Collection, whole: list[Item]) -> Iterator[tuple[dict[str, Any], list[Item]]]:
    """Yield queries that filter by a value which some items have, each with the items that match."""
    for name, told in collection.page.get("filters", {}).items():
        if told["is"] in MATCHES and name not in collection.narrow:
            for value in sorted({look_up(item, told["at"]) for item in whole} - {None}, key=str)[:2]:
                has = [(item, look_up(item, told["at"])) for item in whole]
                query = {name: value if isinstance(value, str) else json.dumps(value)}
                yield query, [item for item, x in has if x is not None and MATCHES[told["is"]](x, value)]


@totals_are_true.broken_by
def total_is_off_by_one(request: Request) -> Steps:
    """The total is the index of the last item."""
    yield from retold(request, lambda beside: beside.update(total_items=beside["total_items"] - 1))


@totals_are_true.broken_by
def total_forgets_a_filter(request: Request) -> Steps:
    """What is counted is what was counted before the filter by year was put on."""
    seen = request.memory.setdefault(request.query.get("author", ""), [])
    at = 0 if "year_from" in request.query else -1
    yield from retold(request, lambda b: seen.append(b["total_items"]) or b.update(total_items=seen[at]))


@what_stands_beside_the_total_is_true.broken_by
def there_is_always_a_next_page(request: Request) -> Steps:
    """The last page says that there is one more."""
    yield from retold(request, lambda beside: beside.update(has_next=True))


@there_is_one_order.broken_by
def sort_is_forgotten_on_later_pages(request: Request) -> None:
    """Only the first page is sorted."""
    if request.query.get("page", "1") != "1":
        request.query.pop("sort", None)


@there_is_one_order.broken_by
def ties_fall_as_they_may(request: Request) -> Steps:
    """Items that tie come in another order on pages of another size."""
    back = -1 if (request.query.get("sort"), request.query.get("per_page")) == ("author", "2") else 1
    yield from bent(request, lambda body: {"items": body["items"][::back]}, "pagination")


@there_is_one_order.broken_by
def descending_is_ascending(request: Request) -> None:
    """A minus sign makes no difference."""
    request.query |= {name: value.removeprefix("-") for name, value in request.query.items() if name == "sort"}


@there_is_one_order.broken_by
def filter_comes_after_paging(request: Request) -> Steps:
    """Pages are cut from the whole, and then filtered."""
    genre = request.query.pop("genre", None)
    yield from bent(request, lambda b: {"items": [i for i in b["items"] if genre in (None, i.get("genre"))]})
