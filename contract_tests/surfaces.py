"""Surfaces: the URLs on which an item shows, found in the document by the schema of the item."""

from collections.abc import Mapping
from typing import Any

from .exchange import Exchange
from .operation import Operation
from .pointer import look_up
from .shelf import Item, Shelf, Visit


def shown_by(operation: Operation, shelf: Shelf, answer: Exchange, item: Item) -> Mapping[str, Any] | None:
    """Return an item as an answer of an operation shows it, alone or in a list; None where it does not."""
    found = look_up(answer.json(), (operation.pagination or {"items": ""})["items"])
    listed = (found if isinstance(found, list) else [found]) if answer.status == 200 else []
    names = set(shelf.pointers(item.creator).values())
    same = (each for each in listed if all(look_up(each, name) == look_up(item.value, name) for name in names))
    return next(same, None)


def reading(shelf: Shelf, operation: Operation, item: Item | None = None) -> Visit:
    """Return a visit that spends nobody: of this item or its owner's account, else of A's account or an item of A's."""
    owner, named = item.owner if item else shelf.accounts.a, None
    if operation.path_parameters:
        origin = shelf.origin(operation)
        named = item if item and item.creator is origin else shelf.subject(operation, owner)
    return Visit(operation, owner if operation.auth_role or item else shelf.caller(operation, named), named)


def directives(answer: Exchange) -> dict[str, str]:
    """Return what Cache-Control says, by the lower-case name of each directive."""
    whole = ",".join(value for name, value in answer.headers if name == "cache-control")
    parts = [part.strip().partition("=") for part in whole.split(",") if part.strip()]
    return {name.lower(): value.strip('"') for name, _, value in parts}


def lifetime(answer: Exchange) -> int:
    """Return for how many seconds an answer may be used without asking again, as it says itself."""
    said = directives(answer)
    spans = [int(said[name]) for name in ("max-age", "s-maxage") if said.get(name, "").isdecimal()]
    return 0 if {"no-store", "no-cache"} & said.keys() else max(spans, default=0)
