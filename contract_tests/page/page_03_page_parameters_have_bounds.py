"""PAGE-03: page parameters have bounds."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from bookplate import NotChecked, asked, control, expect, experiment, fault
from bookplate.contract import is_collection, is_walkable
from bookplate.faults import Answer, Request
from bookplate.fixtures import Collection
from bookplate.wire import Exchange

from ._shared import HUGE

# No list has so many items, and none so many pages.
FAR = 2**31
MANY_PAGES = 90_000


@experiment("PAGE-03", source="x-pagination; OWASP API4:2023", owasp=("API4:2023",), applies=is_collection)
def test_page_parameters_have_bounds(collection: Collection) -> None:
    """
    A page size, page number or offset that its schema forbids gets a documented 4xx, beside whatever else is asked for.

    The server neither obeys it, nor takes another value in its place, nor crashes. A value that the schema allows, as
    large or small as it is, gets no server error. A page that begins far behind the last item is empty or gets a 4xx.
    A page of the smallest size is had first.

    Why it matters: one request for a million items can stop the service for all users. A client whose size is silently
    reduced takes the first part of a list for the whole.

    To mend it: check size, page and offset against their schema before the query, with minimum and maximum, and
    refuse what is outside. Do not reduce it in silence, and do not let it reach the database.
    """
    page = collection.page
    with suppress(NotChecked):  # a list that shows nothing has bounds too
        collection.plant(2)
    first = control(collection.get(collection.asking_for(collection.bounds[0])), "a refusal of a page parameter")
    sizes = [] if page.size is None else [page.size]
    names = [*sizes, *([page.place] if is_walkable(collection.operation) else [])]
    if not names:
        raise NotChecked(f"{collection.operation.id} takes a cursor alone: neither a size nor a number that has bounds")

    for query, trial in expect.each([*around_the_bounds(collection, names), *beside_others(collection, first)]):
        with trial:
            answer = collection.get(query)
            is_forbidden = not all(collection.schema_of(name).allows(query[name]) for name in names if name in query)
            collection.require_refusal(asked(query), answer, due=is_forbidden)
            if not is_forbidden and is_beyond_all(collection, query, first):
                expect_nothing_there(collection, query, answer)


def around_the_bounds(collection: Collection, names: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield queries with values just outside the bounds of these parameters, and such as no parameter of a page has."""
    for name in names:
        schema = collection.schema_of(name)
        least = collection.first if name == collection.page.place else 1
        lower = least if schema.minimum is None else schema.minimum
        upper = HUGE if schema.maximum is None else schema.maximum
        for value in dict.fromkeys(("text", -1, lower - 1, upper + 1, HUGE)):
            yield {name: value}
        if name == collection.page.place:
            yield {name: min(upper, FAR)}


def beside_others(collection: Collection, first: Exchange) -> Iterator[dict[str, Any]]:
    """Yield queries with too large a size, each beside another parameter: a place, a sort, or a filter."""
    page = collection.page
    most = collection.schema_of(page.size).maximum if page.size is not None else None
    if page.size is None or most is None:
        return
    too_large = {page.size: most + 1}
    cursor = collection.cursor(first) if page.style == "cursor" else None
    if is_walkable(collection.operation):
        yield {page.place: collection.place_of(1, 1), **too_large}
    elif cursor is not None:
        yield {page.place: cursor, **too_large}
    if page.sort:
        yield {page.sort.parameter: list(page.sort.keys)[-1], **too_large}
    for name in list(page.filters)[:1]:
        parameter = collection.operation.parameter(name)
        if parameter is not None:
            yield {name: collection.resources.samples.argument(parameter), **too_large}


def is_beyond_all(collection: Collection, query: Mapping[str, Any], first: Exchange) -> bool:
    """Tell whether a query asks for a place behind all items: as the total says, else where no list reaches."""
    place, total = query.get(collection.page.place), collection.total(first)
    if not isinstance(place, int) or collection.page.size in query:
        return False
    if isinstance(total, int):
        return place > total + collection.first
    return place >= (MANY_PAGES if collection.page.style == "page" else FAR)


def expect_nothing_there(collection: Collection, query: Mapping[str, Any], answer: Exchange) -> None:
    """Expect a page behind all items to show nothing, or to be refused."""
    if 200 <= answer.status < 300:
        found = collection.keys([collection.items(answer)])
        expect.equal(found, [], what=f"a page behind all items, {asked(query)}, shows the items", shown=[answer])


@fault(test_page_parameters_have_bounds)
def too_large_is_clamped(request: Request) -> None:
    """A size beyond the largest one is silently reduced to it."""
    if request.query.get("per_page") == "101":
        request.query["per_page"] = "100"


@fault(test_page_parameters_have_bounds)
def any_size_is_allowed(request: Request, answer: Answer) -> None:
    """A size of zero is answered with a page without items."""
    size = request.query.get("per_page", request.query.get("limit"))
    if size == "0":
        answer.become(200, {"items": []})


@fault(test_page_parameters_have_bounds)
def pages_before_the_first_crash(request: Request, answer: Answer) -> None:
    """A page number below zero is an unhandled exception of the database."""
    if request.query.get("page", "").startswith("-"):
        answer.become(500)


@fault(test_page_parameters_have_bounds)
def any_size_is_allowed_with_a_filter(request: Request) -> None:
    """A size beyond the largest one is reduced where the list is filtered."""
    is_filtered = {"genre", "role", "author", "q"} & request.query.keys()
    for name in ("per_page", "limit") if is_filtered else ():
        if request.query.get(name) == "101":
            request.query[name] = "100"


@fault(test_page_parameters_have_bounds)
def far_pages_are_the_first(request: Request) -> None:
    """A page number that is too large for any list leads to the first page."""
    if len(request.query.get("page", "")) > 4:
        request.query["page"] = "1"
