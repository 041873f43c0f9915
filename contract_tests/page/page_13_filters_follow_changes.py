"""PAGE-13: filters follow changes."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bookplate import NotChecked, asked, expect, experiment, fault
from bookplate.contract import Operation, Schema
from bookplate.faults import Request, Steps, shows
from bookplate.fixtures import Collection, Item, holds, members_of, plain_values
from bookplate.wire import Exchange

from ._shared import Search, change, has_filters, is_taken, query_of, verdict, writers_of

# Numbers for which a schema gives different values, as far as it has some.
NUMBERS = range(6)
MOST_ON_A_PAGE = 100


@experiment(
    "PAGE-13",
    source="x-pagination",
    applies=has_filters,
    explained_by=("PAGE-01", "PAGE-08", "PAGE-09", "CACHE-01"),
)
def test_filters_follow_changes(collection: Collection) -> None:
    """
    After a change of an item a filter finds it by the value that it has now, and no longer by the one that it had.

    Each member at which a filter looks is changed alone, by PUT and by PATCH where there are both. The list is asked for
    both values before the change, so that whatever keeps its answers knows them. A filter by a bound finds what is beyond.

    Why it matters: a user corrects the author of a book, and nobody finds it by the right name. All else looks right, as
    the book itself shows the new one.

    To mend it: derive what is searched from the members themselves, as a generated column or a trigger does. Or write it
    wherever a member is changed, from all members as they are after the change.
    """
    found = list(what_filters_look_at(collection))
    if not found:
        raise NotChecked(f"no PUT or PATCH changes a member by which {collection.operation.id} finds items")
    for (writer, name, member), trial in expect.each(found):
        with trial:
            expect_followed(collection, writer, name, member)


def what_filters_look_at(collection: Collection) -> Iterator[tuple[Operation, str, str]]:
    """Yield each operation that changes a member of items, with the filter that looks there and the name of the member."""
    for writer in writers_of(collection):
        for name, each in collection.page.filters.items():
            members = [place.removeprefix("/") for place in each.places]
            yield from ((writer, name, member) for member in members if member in writer.members)


def expect_followed(collection: Collection, writer: Operation, name: str, member: str) -> None:
    """Change a member of a new item, and expect the filter to find it as it is now."""
    known = values_of(collection, writer, name, member)
    if member in collection.creator.members:
        old, new = told_apart(collection, name, member, known, known)
        item = made_with(collection, name, {f"/{member}": old})
    else:  # the service chooses its first value
        item = made_with(collection, name, {})
        old, new = told_apart(collection, name, member, [item.value.get(member)], known)
    searches = [search_for(collection, name, value) for value in (old, new)]
    if not is_found(collection, searches[0], item):
        raise NotChecked(f"the item is not found by {asked(query_of(searches[0]))} before it is changed")
    is_found(collection, searches[1], item)

    _, write, after = change(collection, item, writer, {member: new})

    if not holds(members_of(after).get(member), new):
        raise NotChecked(f"'{member}' does not read as it was sent: {after.describe()}")
    for search in reversed(searches):
        expect_found_as_it_is(collection, search, item, f"'{member}' was changed by {writer.method}", [write, after])


def expect_found_as_it_is(collection: Collection, search: Search, item: Item, when: str, shown: list[Exchange]) -> None:
    """Expect a search to find an item if what it shows now matches, and not to find it otherwise."""
    due = verdict(collection, search, members_of(shown[-1]))
    found = is_found(collection, search, item)
    if due is None:
        return
    observed = f"a search for {asked(query_of(search))} {'finds' if found else 'does not find'} the item after {when}"
    expected = "the item, which has this value now" if due else "nothing of the item, which has this value no longer"
    expect.that(found == due, observed, expected=expected, shown=[*shown, *collection.evidence])


def is_found(collection: Collection, search: Search, item: Item) -> bool:
    """Tell whether a walk through what a search finds meets an item."""
    size = min(MOST_ON_A_PAGE, collection.bounds[1])
    keys = collection.keys(list(collection.walk(size, query_of(search))))
    return collection.key(item.value) in keys


def made_with(collection: Collection, name: str, fields: dict[str, Any]) -> Item:
    """Make an item, and leave only it in view where another filter by a text can do that."""
    collection.narrow = {}
    if name in collection.operation.text_filters:
        return collection.insert(fields)
    collection.plant(1, [fields])
    return collection.made[-1]


def told_apart(
    collection: Collection, name: str, member: str, first: Sequence[Any], second: Sequence[Any]
) -> tuple[Any, Any]:
    """Return one value and another of a member, such that a filter by the one does not find what has the other."""
    for old in first:
        for new in second:
            search = search_for(collection, name, old)
            if old is not None and verdict(collection, search, {member: new}) is False:
                return old, new
    raise NotChecked(
        f"no two values of '{member}' are known of which '{name}' finds one alone: write its enum or pattern"
    )


def values_of(collection: Collection, writer: Operation, name: str, member: str) -> list[Any]:
    """Return different values of a member that can be sent in a change, when it is made, and to the filter."""
    parameter = collection.operation.parameter(name)
    schemas = [each[member] for each in (writer.members, collection.creator.members) if member in each]
    return [
        value
        for value in values_allowed(collection, schemas[0])
        if all(schema.allows(value, request=True) for schema in schemas)
        and parameter is not None
        and is_taken(parameter.schema, one_of(value))
    ]


def values_allowed(collection: Collection, schema: Schema) -> Iterator[Any]:
    """Yield different values that a schema allows, each new where it is a free text."""
    of_text = schema.items if schema.items is not None else schema
    if of_text.is_free_text:
        samples = collection.resources.samples
        unique = [str(samples.unique(of_text)) for _ in range(2)]
        known = [*unique, *(as_one_word(str(samples.unique())) for _ in range(2))]
        yield from ([text] if schema.type == "array" else text for text in known)
    else:
        plain = [value for number in NUMBERS for value in plain_values(schema, number)[:2]]
        yield from {json.dumps(value): value for value in plain}.values()


def as_one_word(text: str) -> str:
    """Return a text with letters for its digits, and nothing between them: a search for words finds no part of it."""
    return "".join(chr(ord("a") + int(each)) if each.isdecimal() else each for each in text if each.isalnum())


def search_for(collection: Collection, name: str, value: Any) -> Search:
    """Return what a filter is asked for to find a value of a member."""
    parameter = collection.operation.parameter(name)
    is_list = parameter is not None and parameter.schema.type == "array"
    return {name: [one_of(value)] if is_list else one_of(value)}


def one_of(value: Any) -> Any:
    """Return a value of a member, or the first of several."""
    return value[0] if isinstance(value, list) else value


@fault(test_filters_follow_changes)
def items_are_found_as_they_were_made(request: Request) -> Steps:
    """A search by a text looks at the author that a book was made with."""
    text, is_search = request.query.get("q", "").lower(), request.path.endswith("/search")
    answer = yield
    made = request.memory.setdefault("made", {})
    if request.method == "POST" and answer.status == 201 and "author" in answer.members:
        made[answer.members["id"]] = answer.json()
    if is_search and text and shows(request, answer, "items"):
        items = [each for each in answer.members["items"] if text in texts(made.get(each["id"], each))]
        answer.put(items=items)


@fault(test_filters_follow_changes)
def the_old_value_finds_too(request: Request) -> Steps:
    """A filter by the first author of a book finds it, whatever a PUT has made of it; a PATCH is followed."""
    author, is_list = request.query.get("author"), request.path.endswith("/books")
    is_replaced = request.method == "PUT"
    answer = yield
    made, replaced = request.memory.setdefault("made", {}), request.memory.setdefault("replaced", {})
    if request.method == "POST" and answer.status == 201 and "author" in answer.members:
        made[answer.members["id"]] = answer.members["author"]
    if is_replaced and answer.status == 200 and made.get(answer.members.get("id")):
        replaced[answer.members["id"]] = answer.json()
    if is_list and author and shows(request, answer, "items"):
        late = [book for number, book in replaced.items() if made[number] == author != book["author"]]
        answer.put(items=[*answer.members["items"], *late])


@fault(test_filters_follow_changes)
def a_changed_item_leaves_the_filter(request: Request) -> Steps:
    """What was changed is found by no filter of genres, until all is indexed anew."""
    genre, is_change = request.query.get("genre"), request.method in ("PUT", "PATCH")
    answer = yield
    changed = request.memory.setdefault("changed", set())
    if is_change and answer.status == 200:
        changed.add(answer.members.get("id"))
    if genre and shows(request, answer, "items"):
        answer.put(items=[each for each in answer.members["items"] if each["id"] not in changed])


def texts(book: dict[str, Any]) -> str:
    """Return all texts of a book at which a search looks."""
    return f"{book['title']} {book['author']}".lower()
