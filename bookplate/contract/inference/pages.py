"""Pages: which query parameters cut a list into pages, and where the answer has items, total and next."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from ..facts import Fact, Origin
from ..item_keys import ID, key_member
from ..lines import escape
from ..operation import Operation
from ..pagination import IN_HEADER, IN_LAST_ITEM, Pagination
from ..parameter import Parameter
from .filters import filters_of, sort_of
from .shapes import UNKNOWN, Shape, shape_of, shape_of_value
from .words import first_in, plain, segments, singular

# Names without what stands between their words, the most telling first (`plain`).
SIZES = (
    *("perpage", "pagesize", "limit", "size", "top", "maxresults", "pagelimit", "itemsperpage", "resultsperpage"),
    *("rows", "take", "maxpagesize", "maxitems", "amount", "count", "first"),
)
PAGES = ("page", "pagenumber", "pageno", "pagenum", "pageindex", "currentpage", "p")
OFFSETS = ("offset", "skip", "from", "start", "startat")
CURSORS = (
    *("cursor", "pagetoken", "nextpagetoken", "nexttoken", "continuationtoken", "paginationtoken", "pagecursor"),
    *("nextcursor", "aftercursor", "after", "continue", "marker", "iterator", "startingafter"),
)
LISTS = ("items", "data", "results", "content", "value", "values", "entries", "records", "rows", "list", "hits")
HOLDERS = ("embedded", "data", "result", "response")  # objects around a list
TOTALS = (
    *("totalitems", "totalcount", "totalelements", "totalresults", "total", "numfound", "totalsize", "totalrecords"),
    *("resultcount", "count"),
)
NEXT_CURSORS = (
    *(
        "nextcursor",
        "nextpagetoken",
        "nexttoken",
        "nextpagecursor",
        "continuationtoken",
        "nextmarker",
        "endcursor",
        "nextoffset",
    ),
    *("next", "cursor", "after", "continue", "marker", "iterator", "paginationtoken"),
)
NEXT_PAGES = ("next", "nextpage", "nextlink", "nextpageurl", "nexturl")
MORE = ("hasmore", "hasnext", "hasnextpage", "morefollows")
ABOUT = ("meta", "metadata", "pagination", "page", "paging", "pageinfo", "links", "cursors", "cursor", "pages")
OTHER_KEYS = ("uuid", "uid", "guid", "id", "key", "slug", "code", "name", "username")
HAL_LINKS, HAL_SELF = "_links", "/_links/self/href"  # draft-kelly-json-hal, section 4.1.1
TOTAL_HEADERS = ("X-Total-Count", "X-Total", "Total-Count", "X-Pagination-Total-Count", "Content-Range")
LINK_HEADERS = ("Link",)
TELLING = (*TOTAL_HEADERS, *LINK_HEADERS)  # header fields that tell of a list
BEHIND_AN_ITEM = ("startingafter",)  # the cursor is the key of the last item


@dataclass(frozen=True)
class Listed:
    """Where a list stands in an answer, and what its items look like."""

    items: str
    item: Shape


def pagination_of(operation: Operation, parameter: str) -> Fact[Pagination] | None:
    """
    Return how the pages of a list hang together, as its names let guess; None where they do not.

    It takes a parameter for the place and one for the size, and the answer has a list. `parameter` names the items right
    below its path; it is empty where there are none.
    """
    found = pagination_in(shape_of(operation.success.schema), operation, parameter)
    return Fact(found, Origin.GUESSED, evidence_of(operation, found)) if found is not None else None


def seen_pagination(
    operation: Operation, parameter: str, answer: Any, fields: Container[str] = ()
) -> Pagination | None:
    """
    Return how the pages of a list hang together, as an answer lets guess; None where it does not.

    `fields` are the names of the header fields of TELLING that it has.
    """
    return pagination_in(shape_of_value(answer), operation, parameter, fields)


def pagination_in(
    answer: Shape, operation: Operation, parameter: str, fields: Container[str] = ()
) -> Pagination | None:
    """Return how the pages of a list hang together whose answers have a shape; None where nothing lets guess it."""
    size = named(operation, SIZES)
    if operation.method != "GET" or size is None:
        return None
    listed = list_in(answer, operation.path)
    key = key_of(listed.item, parameter) if listed else None
    if listed is None or key is None:
        return None
    style, place, following = place_of(operation, answer, key, fields)
    if not place or place == size.name:
        return None
    return Pagination(
        style=style,
        place=place,
        size=size.name,
        items=listed.items,
        order=(),
        key=key,
        first=first_of(operation, place) if style != "cursor" else None,
        total=total_in(answer, operation.path) or header_in(operation, TOTAL_HEADERS, fields),
        next=following,
        more=pointer_to(answer, MORE, ("boolean", "")) if style == "cursor" else None,
        sort=sort_of(operation.query_parameters, listed.item),
        filters=filters_of(operation.query_parameters, listed.item, {place, size.name}),
    )


def evidence_of(operation: Operation, found: Pagination) -> str:
    kinds = {"page": "numbered pages", "offset": "pages by offset", "cursor": "pages by cursor"}
    where = f"at {found.items}" if found.items else "as the whole answer"
    return f"`{found.place}` and `{found.size}` of {operation.id} look like {kinds[found.style]} of the list {where}"


def named(operation: Operation, names: tuple[str, ...]) -> Parameter | None:
    """Return the query parameter of a whole number that has the first of these names."""
    numbers = {each.name: each for each in operation.query_parameters if shape_of(each.schema).is_number}
    name = first_in(numbers, names)
    return numbers[name] if name is not None else None


def place_of(operation: Operation, answer: Shape, key: str, fields: Container[str]) -> tuple[str, str, str | None]:
    """
    Return the style of the pages, the parameter where a page begins, and the pointer to what leads to the next one.

    Of several styles the cursor counts if the answer has one, then the number of the page, then the offset.
    """
    texts = {each.name: each for each in operation.query_parameters if is_cursor(each)}
    cursor = first_in(texts, CURSORS)
    following = next_cursor(operation, answer, cursor, key, fields) if cursor is not None else None
    if cursor is not None and following is not None:
        return "cursor", cursor, following
    page, offset = named(operation, PAGES), named(operation, OFFSETS)
    style, place = ("page", page) if page is not None else ("offset", offset)
    in_content = pointer_to(answer, NEXT_PAGES, ("string", "integer", ""))
    following = in_content or header_in(operation, LINK_HEADERS, fields)
    return style, place.name if place is not None else "", following


def next_cursor(operation: Operation, answer: Shape, cursor: str, key: str, fields: Container[str]) -> str | None:
    """Return where the cursor to the next page stands: in the answer, in its Link field, or in the last item."""
    in_answer = pointer_to(answer, (plain(cursor), *NEXT_CURSORS), ("string", ""))
    in_item = f"{IN_LAST_ITEM}{key}" if plain(cursor) in BEHIND_AN_ITEM else None
    return in_answer or header_in(operation, LINK_HEADERS, fields) or in_item


def header_in(operation: Operation, names: tuple[str, ...], fields: Container[str]) -> str | None:
    """Return the header field of an answer that has the first of these names; None where none is documented or seen."""
    found = next((name for name in names if name in fields or operation.success.header(name) is not None), None)
    return f"{IN_HEADER}{found}" if found is not None else None


def first_of(operation: Operation, place: str) -> int | None:
    """Return the number of the first page, or the offset of the first item: what holds where none is asked for."""
    parameter = operation.parameter(place)
    usual = parameter.schema.default if parameter is not None else None
    return usual if isinstance(usual, int) and not isinstance(usual, bool) else None


def is_cursor(parameter: Parameter) -> bool:
    shape = shape_of(parameter.schema)
    return shape.is_text and shape.format in ("", "byte", "uuid") and not shape.values


def list_in(answer: Shape, path: str) -> Listed | None:
    """Return the list in an answer: all of it, a member with a usual name or that of the resource, or the only list."""
    if answer.kind == "array":
        return Listed("", answer.item or UNKNOWN)
    found = list_among(answer, path)
    for name in (each for each in answer.members if plain(each) in HOLDERS and found is None):
        inner = list_among(answer.members[name], path)
        found = Listed(f"/{escape(name)}{inner.items}", inner.item) if inner else None
    return found


def list_among(holder: Shape, path: str) -> Listed | None:
    lists = {name: member for name, member in holder.members.items() if member.kind == "array"}
    # A member whose schema says nothing may be one too, if it is called as a list is.
    untyped = {name: member for name, member in holder.members.items() if member.kind == ""}
    resource = plain(segments(path)[-1]) if segments(path) else ""
    called = first_in(lists, (*LISTS, resource)) or first_in(untyped, (*LISTS, resource))
    objects = [name for name, member in lists.items() if member.item is not None and member.item.members]
    name = called or (objects[0] if len(objects) == 1 else None)
    return Listed(f"/{escape(name)}", holder.members[name].item or UNKNOWN) if name is not None else None


def key_of(item: Shape, parameter: str) -> str | None:
    """Return the pointer to what tells items apart: `id`, what the path of an item names, or another usual name."""
    if not item.members:
        return f"/{ID}" if item.kind in ("object", "") else None
    plain_ones = [name for name, member in item.members.items() if member.kind not in ("object", "array", "boolean")]
    known = ID if ID in plain_ones else key_member(plain_ones, parameter) if parameter else None
    if known is None and HAL_LINKS in item.members:
        return HAL_SELF
    name = known or first_in(plain_ones, OTHER_KEYS)
    return f"/{escape(name)}" if name is not None else None


def total_in(answer: Shape, path: str) -> str | None:
    """Return the pointer to the number of all items; None where the answer has no member that is called so."""
    resource = singular(plain(segments(path)[-1])) if segments(path) else "-"
    names = (*TOTALS[:-1], f"{resource}count", f"{resource}scount", TOTALS[-1])
    return pointer_to(answer, names, ("integer", "number"))


def pointer_to(answer: Shape, names: tuple[str, ...], kinds: tuple[str, ...]) -> str | None:
    """Return where an answer has a member of the first of these names and of one of these kinds, in it or one level down."""
    found: dict[str, str] = {}
    for pointer, name, member in about(answer):
        if member.kind in kinds:
            found.setdefault(plain(name), pointer)
    return next((found[name] for name in names if name in found), None)


def about(answer: Shape) -> list[tuple[str, str, Shape]]:
    """Return the members of an answer and of the objects in it that tell of the list: pointer, name and shape."""
    here = [(f"/{escape(name)}", name, member) for name, member in answer.members.items()]
    below: list[tuple[str, str, Shape]] = []
    for pointer, name, member in here:
        below += told_by(pointer, member) if plain(name) in ABOUT else []
    return here + below


def told_by(pointer: str, holder: Shape) -> list[tuple[str, str, Shape]]:
    """Return the members of an object about the list; a link that is an object is where its `href` stands."""
    found: list[tuple[str, str, Shape]] = []
    for name, member in holder.members.items():
        place = f"{pointer}/{escape(name)}"
        href: Mapping[str, Shape] = member.members if "href" in member.members else {}
        found.append((f"{place}/href", name, href["href"]) if href else (place, name, member))
        if plain(name) in ABOUT:
            found += told_by(place, member)
    return found
