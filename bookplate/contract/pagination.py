"""How the pages of a list hang together (`x-pagination`; its form is x-keys.schema.json)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .extensions import Extension
from .source import Source

PAGINATION = "x-pagination"
STYLES = ("page", "offset", "cursor")
COMPARISONS = ("equal", "at-least", "at-most", "contains", "includes")
NULLS = ("first", "last")
TEXT_ORDERS = ("code-point",)
BEHIND = ("last", "before")
IN_HEADER, IN_LAST_ITEM = "header:", "item:"


@dataclass(frozen=True)
class Filter:
    """
    A query parameter that leaves items out: what stands at one of the `places` (pointers) is compared with it.

    `comparison` is equal, at-least, at-most, contains (a text, in any case), or includes (a list of values).
    """

    places: tuple[str, ...]
    comparison: str

    @property
    def place(self) -> str:
        """The pointer where a filter compares that has one place alone."""
        return self.places[0]


@dataclass(frozen=True)
class Sort:
    """
    A query parameter that orders a list: for each of its values the pointers that decide, `-` for descending.

    `nulls` says where items without the value stand, first or last, and `text` is code-point where text is ordered so;
    each is None where nothing is promised.
    """

    parameter: str
    keys: Mapping[str, tuple[str, ...]]
    nulls: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Pagination:
    """
    How the pages of a list hang together (`x-pagination`).

    `style` is page, offset or cursor. `place` and `size` are names of query parameters: where a page begins, by its number,
    by the items before it or by a cursor, and how many items it has at most; `size` is None where pages have a size of
    their own. `first` is the `place` of the first page, None
    where that is not said.

    `items` is the JSON pointer to the items in an answer, empty where the answer is an array. `total`, `next` and `more`
    are JSON pointers too, or `header:NAME`; they are None where an answer has no such thing. `next` may be
    `item:POINTER`: then the cursor is what the last item of a page has there.

    `key` is the pointer into an item to what tells it from others, None where that is not said. `order` has the pointers into
    an item that decide, `-` for descending; it is empty where no order is promised.

    `empty` is how many pages a list without items says it has, and `behind` what a page behind the end names as the page
    before it: the last one there is, or the one with the number before its own. Each is None where that is not said.
    """

    style: str
    place: str
    size: str | None
    items: str
    order: tuple[str, ...] = ()
    total: str | None = None
    next: str | None = None
    more: str | None = None
    key: str | None = None
    first: int | None = None
    empty: int | None = None
    behind: str | None = None
    sort: Sort | None = None
    filters: Mapping[str, Filter] = field(default_factory=dict)

    def asking_for(self, size: int) -> dict[str, Any]:
        """Return the query that asks for pages of a size; empty where pages have a size of their own."""
        return {} if self.size is None else {self.size: size}

    @property
    def begins_after_an_item(self) -> bool:
        """Whether a page is asked for by the last item of the page before it, and not by what that page says."""
        return self.next is not None and self.next.startswith(IN_LAST_ITEM)

    @property
    def pointers(self) -> frozenset[str]:
        """Every pointer that it names, into an answer and into an item."""
        sorted_by = [pointer for order in self.sort.keys.values() for pointer in order] if self.sort else []
        filtered_by = [place for each in self.filters.values() for place in each.places]
        named = (self.items, self.total, self.next, self.more, self.key, *self.order, *sorted_by, *filtered_by)
        inside = [each.removeprefix("-").removeprefix(IN_LAST_ITEM) for each in named if each is not None]
        return frozenset(each for each in inside if not each.startswith(IN_HEADER))


def header_named(place: str) -> str:
    """Return the name of the header field that a place in an answer names; empty where it is a pointer."""
    return place.removeprefix(IN_HEADER) if place.startswith(IN_HEADER) else ""


def is_pointer(place: str | None) -> bool:
    """Tell whether a place in an answer is a JSON pointer into its content; an answer that is all items has one too."""
    return place is not None and (place == "" or place.startswith("/"))


def read_paginations(source: Source, operation: Mapping[str, Any], pointer: str) -> tuple[Pagination, ...]:
    """Return the `x-pagination` of an operation, which has to be there: one style of pages, or several."""
    written = operation[PAGINATION]
    if not isinstance(written, list):
        return (read_pagination(source, operation, pointer),)
    styles = {str(number): node for number, node in enumerate(written)}
    return tuple(read_pagination(source, styles, f"{pointer}/{PAGINATION}", number) for number in styles)


def read_pagination(source: Source, holder: Mapping[str, Any], pointer: str, key: str = PAGINATION) -> Pagination:
    """Return one style of pages, which stands at a key of its holder."""
    remedy = "style, items, and the parameter that the style is named after"
    extension = Extension(source, holder, key, pointer, remedy, f"its {PAGINATION}")
    style = extension.one_of("style", STYLES)
    return Pagination(
        style=style,
        place=extension.needed(style),
        size=extension.text("size"),
        items=extension.needed("items"),
        order=extension.texts("order", extension.value["order"]) if "order" in extension.value else (),
        total=extension.text("total"),
        next=extension.needed("next") if style == "cursor" else extension.text("next"),
        more=extension.text("more"),
        key=extension.text("key"),
        first=extension.number("first"),
        empty=extension.number("empty"),
        behind=extension.one_of("behind", BEHIND) if "behind" in extension.value else None,
        sort=read_sort(extension) if "sort" in extension.value else None,
        filters=read_filters(extension),
    )


def read_sort(extension: Extension) -> Sort:
    sort = extension.objects("sort", extension.value["sort"])
    keys = extension.objects("sort", sort.get("keys"))
    if not isinstance(sort.get("parameter"), str):
        raise extension.mistake("has a sort without a parameter", "sort")
    for name, known in (("nulls", NULLS), ("text", TEXT_ORDERS)):
        if name in sort and sort[name] not in known:
            raise extension.mistake(f"has a sort whose `{name}` is none of {', '.join(known)}", "sort")
    orders = {name: extension.texts("sort", order) for name, order in keys.items()}
    return Sort(sort["parameter"], orders, sort.get("nulls"), sort.get("text"))


def read_filters(extension: Extension) -> dict[str, Filter]:
    filters = {}
    for name, node in extension.objects("filters", extension.value.get("filters", {})).items():
        each = extension.objects("filters", node)
        if each.get("is") not in COMPARISONS:
            raise extension.mistake(f"has the filter {name}, whose `is` is none of {', '.join(COMPARISONS)}", "filters")
        at = each.get("at")
        filters[name] = Filter(extension.texts("filters", [at] if isinstance(at, str) else at), each["is"])
    return filters
