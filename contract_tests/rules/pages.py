"""Pages: what a client may rely on while walking a collection, by sizes, by numbers and by links."""

import re
from collections import Counter
from math import ceil
from typing import Any
from urllib.parse import urljoin

from ..collection import Collection
from ..exchange import Exchange
from ..fault import Answer, Request, Steps, bent
from ..operation import Operation, is_collection, is_paged, is_walkable
from ..pointer import look_up
from ..rule import experiment

HUGE = 10**30
RELATIONS = {"next": "next", "prev": "prev", "previous": "prev", "first": "first", "last": "last"}


def is_linked(operation: Operation) -> bool:
    headers = {name.lower() for name in operation.responses.get("200", {}).get("headers", {})}
    return is_paged(operation) and ("next" in (operation.pagination or {}) or "link" in headers)


@experiment("PAGE-01", source="x-pagination", applies=is_walkable)
def every_item_exactly_once(collection: Collection) -> None:
    """
    Following `next` from the first page visits every item exactly once, in as many pages as the items fill.

    Full pages, and pages of which the last is not full: the boundary is where servers slip.
    """
    planted = collection.plant(11)
    for size in collection.sizes():
        pages = list(collection.walk(size))
        visited = Counter(collection.keys(pages))
        collection.expect("never visited", planted - visited.keys(), set())
        collection.expect("visited more than once", [key for key, times in visited.items() if times > 1], [])
        collection.expect(f"pages of {size} for {len(visited)} items", len(pages), ceil(len(visited) / size))


@experiment("PAGE-02", source="x-pagination; OpenAPI 3.0.3", applies=is_collection)
def pages_have_the_size_asked_for(collection: Collection) -> str:
    """
    No page has more items than were asked for, or than the declared default where nothing was.

    Numbered pages have no fewer either, but for the last one, which has what is left.
    """
    default = collection.schema_of(collection.page["size"]).get("default", HUGE)
    collection.plant(default + 1 if default <= 50 else 5)
    size, count = collection.size(), collection.count()
    full = [min(size, count - start) for start in range(0, count, size)]
    lengths = [len(page) for page in collection.walk(size)]
    collection.last.append(collection.get({}))
    without = len(collection.items(collection.last[-1]))
    if is_paged(collection.operation):
        collection.expect(f"sizes of pages of {size}", lengths, full)
        collection.expect("items where no size is asked for", without, min(default, count))
    collection.expect("more than asked for", [n for n in lengths if n > size] + [without] * (without > default), [])
    return "" if count > default else "not checked: the default, as none is declared or there are fewer items"


@experiment("PAGE-06", source="RFC 8288, section 3; x-pagination", applies=is_linked)
def links_lead_to_their_pages(collection: Collection) -> None:
    """
    The links of a page lead to the next, previous, first and last page of the same size, filter and order.

    None leads before the first or behind the last page; a page beyond is empty, or a documented 404.
    """
    collection.plant(5)
    size, sort = collection.size(), collection.page.get("sort")
    query = {sort["parameter"]: list(sort["keys"])[-1]} if sort else {}
    pages = [collection.keys([page]) for page in collection.walk(size, query, numbers=True)]
    answers = [links_of(collection, answer) for answer in collection.last[: len(pages)]]
    used = {each for links in answers for each in links}
    found: dict[str, list[Any]] = {}
    for number, links in enumerate(answers):
        places = {"next": number + 1, "prev": number - 1, "first": 0, "last": len(pages) - 1}
        for where, name in sorted(used):
            url = links.get((where, name))
            if url and url not in found:
                collection.last.append(collection.follow(url))
                found[url] = collection.keys([collection.items(collection.last[-1])])
            target = pages[places[name]] if 0 <= places[name] < len(pages) else None
            if url or name in ("next", "prev"):
                collection.expect(f"{name} in {where} of page {number + 1}", found.get(url or ""), target)
    beyond = {collection.page["size"]: size, collection.page["page"]: collection.first + len(pages)}
    collection.last.append(collection.get({**query, **beyond}))
    if collection.last[-1].status != 404 or "404" not in collection.operation.responses:
        collection.expect("items beyond the last page", collection.items(collection.last[-1]), [])


def links_of(collection: Collection, answer: Exchange) -> dict[tuple[str, str], str]:
    """Return the links of a page: those in the Link header, and those beside the one that x-pagination names."""
    header = re.findall(r"<([^>]*)>[^<]*?;\s*rel\s*=\s*\"?([\w .-]+)", answer.header("link") or "", re.IGNORECASE)
    parent, _, last = collection.page.get("next", "").rpartition("/")
    beside = look_up(answer.json(), parent) if last == "next" else {}
    found = [("Link", name, link) for link, names in header for name in names.lower().split()]
    found += [("content", name, link) for name, link in beside.items() if isinstance(link, str)]
    return {(at, RELATIONS[name]): urljoin(answer.url, link) for at, name, link in found if name in RELATIONS}


@every_item_exactly_once.broken_by
def first_item_is_the_last_of_the_page_before(request: Request) -> Steps:
    """Each page starts with the last item of the page before it."""
    last = request.memory.setdefault("last", [])
    yield from bent(request, lambda b: last.append(b["items"]) or {"items": last[-2:][0][-1:] + b["items"][1:]})


@every_item_exactly_once.broken_by
def last_item_of_a_page_is_lost(request: Request) -> Steps:
    """Each page lacks its last item."""
    yield from bent(request, lambda body: {"items": body["items"][:-1] or body["items"]})


@every_item_exactly_once.broken_by
def next_leads_nowhere_new(request: Request) -> None:
    """Whatever page is asked for, the first one is given."""
    request.query.pop("page", None)


@pages_have_the_size_asked_for.broken_by
def size_is_ignored(request: Request) -> None:
    """Every page has the default size."""
    request.query.pop("per_page", None)


@pages_have_the_size_asked_for.broken_by
def default_is_another(request: Request) -> None:
    """Who names no size gets ten items."""
    request.query = ({"per_page": "10"} if request.path.endswith("/search") else {}) | request.query


def relink(request: Request, name: str, without: str, link: str = "") -> Steps:
    """Take a parameter out of a link of each page, or set the link."""
    cut = re.compile(rf"\b({without})=[^&]*&?")
    yield from bent(request, lambda b: b["links"].update({name: link or cut.sub("", b["links"][name] or "") or None}))


@links_lead_to_their_pages.broken_by
def next_forgets_the_filter(request: Request) -> Steps:
    """The next page is that of all items."""
    yield from relink(request, "next", "author|q")


@links_lead_to_their_pages.broken_by
def last_forgets_the_size(request: Request) -> Steps:
    """The last page has the default size."""
    yield from relink(request, "last", "per_page")


@links_lead_to_their_pages.broken_by
def last_page_has_a_next(request: Request) -> Steps:
    """There is always a next page."""
    yield from relink(request, "next", "", f"{request.path}?page={int(request.query.get('page', '1')) + 1}")


@links_lead_to_their_pages.broken_by
def first_page_has_a_previous(request: Request) -> Steps:
    """Before each page is the first page."""
    yield from relink(request, "prev", "", f"{request.path}?page=1")


@links_lead_to_their_pages.broken_by
def header_counts_from_zero(request: Request, answer: Answer) -> None:
    """The Link header names the page before the one it means."""
    answer.edit("link", r"\bpage=2\b", "page=1")


@links_lead_to_their_pages.broken_by
def beyond_the_last_is_the_last(request: Request) -> None:
    """A page number that is too large is that of the last page."""
    request.query |= {"page": "3"} if request.query.get("page") == "4" else {}
