"""PAGE-09: filters tell near values apart."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Filter, Operation, Schema, member_at
from bookplate.faults import Answer, Request, shows
from bookplate.fixtures import Collection, Item, near_texts

from ._shared import verdict

OF_TEXTS = ("equal", "contains", "includes")


def compares_texts(operation: Operation) -> bool:
    """It is a list with pages, and one of its filters compares free text."""
    return operation.pagination is not None and any(True for _ in filters_of_texts(operation))


def filters_of_texts(operation: Operation) -> Iterator[tuple[str, Filter]]:
    """Yield the filters that compare free text, by the names of their parameters."""
    for name, each in operation.pagination.filters.items() if operation.pagination else ():
        parameter = operation.parameter(name)
        if parameter is not None and parameter.schema.is_free_text and each.comparison in OF_TEXTS:
            yield name, each


@experiment("PAGE-09", source="x-pagination", applies=compares_texts, explained_by=("PAGE-01",))
def test_filters_tell_near_values_apart(collection: Collection) -> None:
    """
    A filter by a text finds the items that have this text, and none that have one that is nearly the same.

    `equal` finds the text itself, `includes` lists with the text among their values, and `contains` what has the text in
    it, in any case. Characters that mean something in patterns are characters. Whether texts in two Unicode forms are
    one text is left to the service, and with `contains` whether an accent counts.

    Why it matters: a user who asks for the tag `art` gets what has the tag `cart`. A search for `C++` fails, as the
    service takes it for a pattern.

    To mend it: compare text as the document says: the exact text by an equality that knows case, a search by what
    it describes. Escape `%`, `_` and the marks of regular expressions. Look at the collation of the column.
    """
    if collection.creator.role:
        raise NotChecked("its items are accounts, of which laws make few: nothing to write")

    for (name, each), trial in expect.each(filters_of_texts(collection.operation)):
        with trial:
            texts, items = items_with_near_texts(collection, each)
            expect_told_apart(collection, name, texts, items)


def items_with_near_texts(collection: Collection, each: Filter) -> tuple[list[str], list[Item]]:
    """Make an item with a text where a filter looks, and one for each text that is nearly the same, if it is taken."""
    creator = collection.creator
    settable = [place for place in each.places if place.split("/")[1] in creator.members.keys() - creator.unique.keys()]
    schema = member_at(creator.content_schema, settable[0]) if settable else None
    if schema is None:
        raise NotChecked(f"no content of {creator.id} has a member at {each.place}, so that nothing can be found by it")
    for text in texts_of(collection, schema):
        with suppress(NotChecked):
            first = collection.insert({settable[0]: in_form_of(schema, text)})
            return near_texts(text), [first, *others_near(collection, settable[0], schema, text)]
    raise NotChecked(f"{creator.id} takes no text of the suite at {settable[0]}: write its pattern, or an example")


def texts_of(collection: Collection, schema: Schema) -> Iterator[str]:
    """Yield texts that a member takes: one with an accent and a space in it, and one as its schema wants it."""
    samples = collection.resources.samples
    of_text = schema.items if schema.items is not None else schema
    telling = f"Crème {samples.unique()}"
    if of_text.allows(telling, request=True):
        yield telling
    yield str(samples.unique(of_text))


def others_near(collection: Collection, place: str, schema: Schema, text: str) -> Iterator[Item]:
    """Make an item for each text that is nearly the same as a text, as far as a service takes it."""
    for other in dict.fromkeys(near_texts(text)[1:]):
        value = in_form_of(schema, other)
        if other != text and schema.allows(value, request=True):
            with suppress(NotChecked):
                yield collection.insert({place: value})


def in_form_of(schema: Schema, text: str) -> Any:
    """Return a text as a member has it: by itself, or as one of several values."""
    return [text] if schema.type == "array" else text


def expect_told_apart(collection: Collection, name: str, texts: list[str], items: list[Item]) -> None:
    """Expect each text to find the items that match it, and no item that does not."""
    parameter = collection.operation.parameter(name)
    assert parameter is not None
    collection.made = items
    for text in (texts[0], *texts[3:5], texts[-1]):
        if parameter.schema.allows(text):
            expect_search(collection, name, text, items)


def expect_search(collection: Collection, name: str, text: str, items: list[Item]) -> None:
    search, size = {name: text}, min(100, collection.bounds[1])
    found = [item for page in collection.walk(size, search) for item in page]

    matching = [collection.key(item.value) for item in items if verdict(collection, search, item.value)]
    keys = collection.keys([found])
    missed = [key for key in matching if key not in keys]
    wrong = [collection.key(item) for item in found if verdict(collection, search, item) is False]
    shown = collection.evidence
    expect.equal(missed, [], what=f"a search for {name}={text} does not find", shown=shown)
    expect.equal(wrong, [], what=f"a search for {name}={text} finds what does not match", shown=shown)


@fault(test_filters_tell_near_values_apart)
def case_is_mended(request: Request) -> None:
    """An author that begins with a small letter is taken for one in the other case."""
    author = request.query.get("author", "")
    if author[:1].islower():
        request.query["author"] = author.swapcase()


@fault(test_filters_tell_near_values_apart)
def searches_take_case_into_account(request: Request, answer: Answer) -> None:
    """A search finds only what has the very letters."""
    text = request.query.get("q", "")
    if request.path.endswith("/search") and shows(request, answer, "items"):
        items = [item for item in answer.members["items"] if text in item["author"] or text in item["title"]]
        answer.put(items=items)


@fault(test_filters_tell_near_values_apart)
def patterns_crash(request: Request, answer: Answer) -> None:
    """A search takes its text for a regular expression."""
    if "[(" in request.query.get("q", ""):
        answer.become(500)
