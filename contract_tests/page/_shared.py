"""What several PAGE laws use."""

import json
from collections.abc import Callable, Iterator, Mapping
from operator import eq, ge, le
from typing import Any

from bookplate.contract import Operation, Schema, is_paged, look_up
from bookplate.fixtures import Collection

TEXTS = (("Tie a", "Tie b"), ("9.99", "10.00"))


MATCHES: dict[str, Callable[[Any, Any], bool]] = {"equal": eq, "at-least": ge, "at-most": le}


Item = Mapping[str, Any]


def is_counted(operation: Operation) -> bool:
    return operation.pagination is not None and is_paged(operation) and operation.pagination.total is not None


def items_of(collection: Collection) -> list[Item]:
    return [item for page in collection.walk(collection.size()) for item in page]


def ties(collection: Collection) -> list[dict[str, Any]]:
    """Return contents by which five items share the values that can be sorted or filtered by, in different groups."""
    creator = collection.resources.creator_of(collection.listed)
    members, named = creator.members, {pointer.rpartition("/")[2] for pointer in collection.page.pointers}
    free = [name for name in members if name in named and name not in creator.unique]
    pairs = {f"/{name}": two_values(members[name]) for name in free}
    groups = [(at, pair, n % 3) for n, (at, pair) in enumerate(pairs.items()) if pair]
    return [{at: pair[i >> shift & 1] for at, pair, shift in groups} for i in range(5)]


def two_values(schema: Schema) -> tuple[Any, ...]:
    """Return two valid values of a member, such texts as every server puts in one order; none where none are known."""
    choices = [each.enum for each in (schema, *schema.one_of)]
    low = max(schema.minimum or 1, 1)
    for pair in (*(choice[:2] for choice in choices), *TEXTS, (low, low + 1)):
        if len(pair) == 2 and all(schema.allows(value, request=True) for value in pair):
            return pair
    return ()


def filtered(collection: Collection, whole: list[Item]) -> Iterator[tuple[dict[str, Any], list[Item]]]:
    """Yield queries that filter by a value which some items have, each with the items that match."""
    for name, told in collection.page.filters.items():
        if told.comparison in MATCHES and name not in collection.narrow:
            for value in sorted({look_up(item, told.place) for item in whole} - {None}, key=str)[:2]:
                has = [(item, look_up(item, told.place)) for item in whole]
                query = {name: value if isinstance(value, str) else json.dumps(value)}
                yield query, [item for item, x in has if x is not None and MATCHES[told.comparison](x, value)]
