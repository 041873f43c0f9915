"""PAGE-11: missing values and text stand as declared."""

from typing import Any

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, Schema, Sort, look_up
from bookplate.faults import Answer, Request, shows
from bookplate.fixtures import Collection

from ._shared import values_that_tie

# Texts in the order of their code points. A dictionary has them in another one: aa, Bb, éé, Zz.
TEXTS = ("Bb", "Zz", "aa", "éé")
# Which of them each of four items has, so that they are not created in order.
MIXED = (2, 0, 3, 1)


def says_where(operation: Operation) -> bool:
    """Its list can be sorted, and the document says where missing values stand, or how text is ordered."""
    sort = operation.pagination.sort if operation.pagination else None
    return sort is not None and (sort.nulls is not None or sort.text is not None)


@experiment("PAGE-11", source="x-pagination", applies=says_where, explained_by=("PAGE-01",))
def test_missing_values_and_text_stand_as_declared(collection: Collection) -> None:
    """
    Items without the sorted value stand at the declared end, in both directions, and text is in the declared order.

    `nulls` of the sort names the end, first or last. With `text: code-point` capital letters stand before small ones, and
    letters with accents behind all others. A value that the request may not leave null is never missing.

    Why it matters: a list that is read from its beginning shows what matters least first, and other databases put missing
    values and capital letters elsewhere. A client that merges two lists counts on one order.

    To mend it: say where nulls stand in the query, as by NULLS LAST, in both directions, and name the collation of
    text. Databases differ in both, so that what works on one fails on the next.
    """
    sort = collection.page.sort
    assert sort is not None
    values = {pointer: values_of(collection, pointer, sort) for pointer in sorted_by(sort)}
    tried = {pointer: found for pointer, found in values.items() if found}
    if not tried:
        raise NotChecked("no value that is sorted by may be null, and none is text that a request may choose")
    contents = [{pointer: found[number] for pointer, found in tried.items()} for number in range(len(MIXED))]
    planted = collection.plant(len(MIXED), contents)
    largest = collection.bounds[1]

    orders = {name: order for name, order in sort.keys.items() if order[0].removeprefix("-") in tried}
    for (name, order), trial in expect.each(orders.items()):
        with trial:
            pointer = order[0].removeprefix("-")
            walked = [item for page in collection.walk(largest, {sort.parameter: name}) for item in page]
            shown = [look_up(item, pointer) for item in walked if collection.key(item) in planted]
            due = in_order(shown, sort, is_descending=order[0].startswith("-"))
            expect.equal(
                shown,
                due,
                what=f"'{pointer[1:]}' of the items in the order {sort.parameter}={name}",
                shown=collection.evidence,
            )


def sorted_by(sort: Sort) -> list[str]:
    """Return the pointers that decide first, each once."""
    return list(dict.fromkeys(order[0].removeprefix("-") for order in sort.keys.values()))


def values_of(collection: Collection, pointer: str, sort: Sort) -> list[Any]:
    """Return what four items have at a pointer; nothing where the document says nothing of its order, or a filter marks it."""
    member = collection.creator.members.get(pointer.removeprefix("/"))
    marked = [place for places in collection.operation.text_filters.values() for place in places[:1]]
    if member is None or pointer in marked or member.is_unique:
        return []
    if sort.text and is_plain_text(member) and all(member.allows(text, request=True) for text in TEXTS):
        return [TEXTS[place] for place in MIXED]
    if sort.nulls and member.allows(None, request=True):
        pair = values_that_tie(member)
        return [pair[1], None, pair[0], None] if pair else []
    return []


def is_plain_text(member: Schema) -> bool:
    """Tell whether a member is a text of any kind, and no number or time that is written as one."""
    return "string" in member.types and not member.format and not member.enum


def in_order(values: list[Any], sort: Sort, *, is_descending: bool) -> list[Any]:
    """Return values as a sort has to show them; Python compares texts by their code points."""
    present = sorted((value for value in values if value is not None), reverse=is_descending)
    missing: list[Any] = [None] * (len(values) - len(present))
    return missing + present if sort.nulls == "first" else present + missing


@fault(test_missing_values_and_text_stand_as_declared)
def missing_years_come_first(request: Request, answer: Answer) -> None:
    """A database that has nulls before all values sorts the list."""
    if request.query.get("sort") == "published_year" and shows(request, answer, "pagination"):
        items = sorted(answer.members["items"], key=lambda item: item["published_year"] is not None)
        answer.put(items=items)


@fault(test_missing_values_and_text_stand_as_declared)
def titles_are_in_the_order_of_a_dictionary(request: Request, answer: Answer) -> None:
    """A database that compares text without regard to case sorts the list."""
    if request.query.get("sort") == "title" and shows(request, answer, "pagination"):
        answer.put(items=sorted(answer.members["items"], key=lambda item: item["title"].lower()))
