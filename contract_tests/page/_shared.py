"""What several PAGE laws use."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any

from bookplate import NotChecked
from bookplate.contract import Filter, Operation, Schema, has_body, look_up, may_lag, member_at
from bookplate.fixtures import Collection, PreparedRequest, all_of, finds, members_of, ordered
from bookplate.fixtures import Item as Made
from bookplate.wire import Exchange, succeeded

Item = Mapping[str, Any]
# What a service may refuse to be sent, and has where nothing is sent.
EMPTY: tuple[Any, ...] = (None, "", [], {})
# Values of filters, by their names.
Search = Mapping[str, Any]

EAST = timezone(timedelta(hours=2))
# Larger than every number that a server can store.
HUGE = 10**30
# Two values in this order, which texts of them do not have; a third one below zero, whose digits are the largest.
NUMBERS = ((9, 10, -11), (9, 10), (99, 100), (999, 1000))
# Texts that every server puts in this order, and texts that mean numbers.
TEXTS = (("Tie a", "Tie b"), ("9.99", "10.00"))
TIMES = (
    ("2024-09-30", "2024-10-01"),
    # The second one is the earlier time.
    ("2024-09-30T23:30:00Z", "2024-10-01T01:00:00+02:00"),
)
# For the first member, the second, the third and again from the first: which of its values each of five items has.
GROUPS = ((0, 1, 0, 1, 2), (0, 0, 1, 1, 2), (0, 0, 0, 2, 1))


def is_counted(operation: Operation) -> bool:
    """It has pages, which say how many items there are."""
    return operation.pagination is not None and operation.pagination.total is not None


def has_filters(operation: Operation) -> bool:
    """It is a list with pages, and query parameters leave items out of it."""
    return operation.pagination is not None and bool(operation.pagination.filters)


def items_of(collection: Collection) -> list[Item]:
    """Return the items of a whole walk."""
    return [item for page in collection.walk(collection.size()) for item in page]


def plant_with_ties(collection: Collection) -> set[Any]:
    """
    Plant five items with ties in all that can be sorted or filtered by, and return their keys.

    A service may refuse times that are past and numbers below zero, whatever its document says: then it gets plain ones.
    """
    with suppress(NotChecked):
        return collection.plant(len(GROUPS[0]), contents_that_tie(collection))
    return collection.plant(len(GROUPS[0]), contents_that_tie(collection, is_plain=True))


def contents_that_tie(collection: Collection, *, is_plain: bool = False) -> list[dict[str, Any]]:
    """
    Return the contents of five items, as JSON pointers and values.

    Each member that can be sorted or filtered by has two values in all, or three. Different groups of items share the
    values of neighbouring members.
    """
    creator = collection.creator
    named = {pointer.rpartition("/")[2] for pointer in collection.page.pointers}
    free = [name for name in creator.members if name in named and name not in creator.unique]
    known = [(f"/{name}", values_that_tie(creator.members[name], is_plain=is_plain)) for name in free]
    contents: list[dict[str, Any]] = [{} for _ in GROUPS[0]]
    for place, (pointer, values) in enumerate(known):
        groups = GROUPS[place % len(GROUPS)]
        for content, which in zip(contents, groups, strict=True):
            if values:
                content[pointer] = values[min(which, len(values) - 1)]
    return contents


def values_that_tie(schema: Schema, *, is_plain: bool = False) -> tuple[Any, ...]:
    """
    Return two or three valid values of a member; none where none are known.

    Texts are in an order that every server has. Numbers and times are in another order than texts of them, unless plain
    ones are asked for.
    """
    if schema.type == "array":
        return () if is_plain else lists_that_tie(schema)
    choices = [each.enum[:2] for each in (schema, *schema.one_of)]
    low = max(schema.minimum or 1, 1)
    telling = () if is_plain else (*TIMES, *NUMBERS)
    known: tuple[tuple[Any, ...], ...] = (*choices, *TEXTS, *telling, (low, low + 1))
    for values in known:
        if len(values) > 1 and all(schema.allows(value, request=True) for value in values):
            return values
    return ()


def lists_that_tie(schema: Schema) -> tuple[Any, ...]:
    """Return lists that share one of their values, as far as a schema allows them."""
    values = values_that_tie(schema.items)[:2] if schema.items else ()
    lists = ([*values[:1]], [*values], [*values[1:]])
    return lists if values and all(schema.allows(each, request=True) for each in lists) else ()


def searches(collection: Collection, whole: list[Item]) -> Iterator[Search]:
    """
    Yield a search for each filter and each of two values that items have: the least and the greatest.

    A filter that narrows the list already is left out. A filter that takes several values gets both at once, too. Where
    items have one value alone, another one that the filter takes is searched for. A time is asked for in another zone too.
    """
    for name, each in collection.page.filters.items():
        parameter = collection.operation.parameter(name)
        if name in collection.narrow or parameter is None:
            continue
        present = [value for item in whole for place in each.places for value in values_at(item, place)]
        known = [value for value in distinct(present) if is_taken(parameter.schema, value)]
        others = [value for value in choices_of(collection, each) if value not in known]
        known += [value for value in others if not known[1:] and is_taken(parameter.schema, value)][:1]
        ends = known[:1] + known[1:][-1:]
        if parameter.schema.type == "array":
            yield from ({name: [value]} for value in ends)
            yield from ({name: ends} for _ in ends[1:] if each.comparison == "equal")
        else:
            yield from ({name: value} for value in (*ends, *in_another_zone(ends, parameter.schema)))


def in_another_zone(values: list[Any], schema: Schema) -> list[str]:
    """Return the last of these times as it is written two hours east of Greenwich; none where they are no times."""
    time = ordered(values[-1]) if values and schema.format == "date-time" else None
    if not isinstance(time, datetime) or time.tzinfo is None:
        return []
    return [time.astimezone(EAST).isoformat()]


def is_taken(schema: Schema, value: Any) -> bool:
    """Tell whether a parameter takes a value, by itself or as one of several."""
    return schema.allows([value] if schema.type == "array" else value)


def choices_of(collection: Collection, each: Filter) -> tuple[Any, ...]:
    """Return the values of which items have one where a filter compares; none where they may have others."""
    member = member_at(collection.listed, each.place)
    chosen = member.items if member is not None and member.items is not None else member
    return tuple(value for value in chosen.enum if value is not None) if chosen is not None else ()


def values_at(item: Item, place: str) -> list[Any]:
    """Return what an item has at a place: each of several values, or the one; none where it has none."""
    value = look_up(item, place)
    if isinstance(value, list):
        return [each for each in value if isinstance(each, str | int | float)]
    return [] if value is None or isinstance(value, dict) else [value]


def distinct(values: list[Any]) -> list[Any]:
    """Return the different values in their order; those that have none are in the order of their texts."""
    different = list({json.dumps(value): value for value in values}.values())
    try:
        return sorted(different, key=ordered)
    except TypeError:
        return sorted(different, key=str)


def query_of(search: Search) -> dict[str, Any]:
    """Return the query of a search: text as it is, all else as JSON has it."""
    return {name: value if isinstance(value, str | list) else json.dumps(value) for name, value in search.items()}


def pairs(found: list[Search], most: int) -> list[Search]:
    """Return searches that combine two of these by different filters, at most so many."""
    combined = (
        {**one, **other} for place, one in enumerate(found) for other in found[place + 1 :] if not one.keys() & other
    )
    return list(islice(combined, most))


def verdict(collection: Collection, search: Search, item: Item) -> bool | None:
    """Tell whether a search finds an item; None where nobody can know it."""
    fact = collection.operation.facts.pagination
    declared = fact is not None and fact.is_declared
    return all_of(finds(declared, collection.page.filters[name], item, wanted) for name, wanted in search.items())


def writers_of(collection: Collection) -> list[Operation]:
    """Return the operations that change items of a list, PATCH before PUT; NotChecked where the list may be behind."""
    if may_lag(collection.operation):
        raise NotChecked("x-cache lets this list show for a while what was")
    places = (collection.creator.path, collection.operation.path)
    resources = collection.resources
    writers = [
        each
        for each in resources.document.operations
        if each.method in ("PUT", "PATCH") and each.path.rpartition("/")[0] in places and has_body(each)
    ]
    return sorted((each for each in writers if not resources.ends_caller(each)), key=lambda each: each.method)


def change(
    collection: Collection, item: Made, writer: Operation, members: Mapping[str, Any]
) -> tuple[Exchange, Exchange, Exchange]:
    """Give members of an item other values; return how it read before, the answer to the change, and how it reads now."""
    resources = collection.resources
    prepared = PreparedRequest(writer, resources.caller(writer, item), item)
    reading = replace(prepared, operation=resources.reader(writer))
    before = resources.call(reading)
    write = resources.write(prepared, before.header("etag"), {**content(collection, before, writer), **members})
    succeeded(write, "nothing can be changed")
    return before, write, resources.call(reading)


def content(collection: Collection, before: Exchange, writer: Operation) -> dict[str, Any]:
    """
    Return content that leaves an item as it is: nothing of a PATCH, all that a PUT takes of what is read.

    What is empty is left out: without it the item has it empty again, and some services refuse to be sent it.
    """
    if writer.method == "PATCH":
        return {}
    body = collection.resources.samples.body(writer)
    read = {name: value for name, value in members_of(before).items() if name in writer.members}
    known = {name: value for name, value in read.items() if value not in EMPTY}
    return {**(body if isinstance(body, dict) else {}), **known}
