"""Writes put to the test: values that change what is there, and the lists that have to show it."""

from collections.abc import Mapping
from typing import Any

from .collection import Collection
from .document import Document
from .exchange import Exchange
from .operation import Operation, is_paged
from .pointer import look_up
from .rule import NotChecked
from .shelf import Shelf


def values(document: Document, schema: Any, number: int = 0) -> list[Any]:
    """Return plain values that a schema allows: those of its enum, or some that differ with the number."""
    plain = (f"Another text {number}", f"{number + 1}.25", 1001 + number, number + 1, True, False)
    tried = (*document.resolve(schema).get("enum", ()), *plain)
    return [value for value in tried if value is not None and not document.violations(schema, value, request=True)]


def change(operation: Operation, shelf: Shelf, found: Exchange, number: int = 0) -> tuple[str, Any]:
    """Return a member of what was found that an operation can change, and another value for it."""
    item = found.json() or {}
    for name, schema in shelf.document.members(operation).items():
        other = [value for value in values(shelf.document, schema, number) if value != item.get(name)]
        if name in item and name not in operation.unique and other:
            return name, other[0]
    raise NotChecked("nothing that can be read can be changed to a value that its schema tells")


def lists_of(creator: Operation, document: Document) -> list[Operation]:
    """Return the paged lists, below no other item, of what an operation makes."""
    made = document.resolve(creator.response_schema("201"))
    lists = [o for o in document.operations if is_paged(o) and not o.path_parameters]
    return [each for each in lists if made and document.shown(each) is made]


def marked(creator: Operation, shelf: Shelf) -> tuple[list[Operation], dict[str, str]]:
    """Return the lists that can show alone what has a mark, and the mark as the members that carry it."""
    members = shelf.document.members(creator)
    mark, found = f"Author {shelf.samples.unique()}", {}
    for lister in lists_of(creator, shelf.document):
        name = next(iter(shelf.document.text_filters(lister).values()), [""])[0].removeprefix("/")
        if name in members and not shelf.document.violations(members[name], mark, request=True):
            found[lister] = name
    return list(found), dict.fromkeys(found.values(), mark)


def shown(lister: Operation, shelf: Shelf, item: Mapping[str, Any]) -> tuple[dict[Any, Any], list[Exchange]]:
    """Return what a list shows, by key, and how: all of it, or what has the text of an item where a filter looks."""
    collection = Collection(lister, shelf)
    for name, places in list(shelf.document.text_filters(lister).items())[:1]:
        collection.narrow = {name: look_up(item, places[0])}
    pages = collection.walk(min(100, collection.bounds[1]))
    return {lister.key(each): each for page in pages for each in page}, collection.last
