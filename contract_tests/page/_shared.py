"""What several PAGE laws use."""

import json
from collections.abc import Callable, Iterator, Mapping
from operator import eq, ge, le
from typing import Any

from bookplate.contract import Operation, Schema, look_up
from bookplate.fixtures import Collection

Item = Mapping[str, Any]

# Larger than every number that a server can store.
HUGE = 10**30
# Pairs of texts that every server puts in this order.
TEXTS = (("Tie a", "Tie b"), ("9.99", "10.00"))
# For the first member, the second, the third and again from the first: which of its two values each of five items has.
GROUPS = ((0, 1, 0, 1, 0), (0, 0, 1, 1, 0), (0, 0, 0, 0, 1))
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {"equal": eq, "at-least": ge, "at-most": le}


def is_counted(operation: Operation) -> bool:
    """It has pages, which say how many items there are."""
    return operation.pagination is not None and operation.pagination.total is not None


def items_of(collection: Collection) -> list[Item]:
    """Return the items of a whole walk."""
    return [item for page in collection.walk(collection.size()) for item in page]


def contents_that_tie(collection: Collection) -> list[dict[str, Any]]:
    """
    Return the contents of five items, as JSON pointers and values, with ties in all that can be sorted or filtered by.

    Each such member has two values in all, and different groups of items share the values of neighbouring members.
    """
    creator = collection.creator
    named = {pointer.rpartition("/")[2] for pointer in collection.page.pointers}
    free = [name for name in creator.members if name in named and name not in creator.unique]
    pairs = [(f"/{name}", two_values(creator.members[name])) for name in free]
    contents: list[dict[str, Any]] = [{} for _ in GROUPS[0]]
    for place, (pointer, pair) in enumerate(pairs):
        groups = GROUPS[place % len(GROUPS)]
        for content, which in zip(contents, groups, strict=True):
            if pair:
                content[pointer] = pair[which]
    return contents


def two_values(schema: Schema) -> tuple[Any, ...]:
    """Return two valid values of a member, texts in an order that every server has; none where none are known."""
    choices = [each.enum[:2] for each in (schema, *schema.one_of)]
    low = max(schema.minimum or 1, 1)
    for pair in (*choices, *TEXTS, (low, low + 1)):
        if len(pair) == 2 and all(schema.allows(value, request=True) for value in pair):
            return pair
    return ()


def filtered(collection: Collection, whole: list[Item]) -> Iterator[tuple[dict[str, Any], list[Item]]]:
    """Yield queries that filter by a value which some items have, each with the items that match."""
    for name, each in collection.page.filters.items():
        if each.comparison not in COMPARISONS or name in collection.narrow:
            continue
        matches = COMPARISONS[each.comparison]
        values = [(item, look_up(item, each.place)) for item in whole]
        present = [(item, value) for item, value in values if value is not None]
        for wanted in sorted({value for _, value in present}, key=str)[:2]:
            query = {name: wanted if isinstance(wanted, str) else json.dumps(wanted)}
            yield query, [item for item, value in present if matches(value, wanted)]
