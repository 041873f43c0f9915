"""PAGE-06: links lead to their pages."""

import re
from typing import Any
from urllib.parse import urljoin

from bookplate import experiment, fault
from bookplate.contract import Operation, is_paged, look_up
from bookplate.faults import Answer, Request, Steps, bent
from bookplate.fixtures import Collection
from bookplate.wire import Exchange

RELATIONS = {"next": "next", "prev": "prev", "previous": "prev", "first": "first", "last": "last"}


def is_linked(operation: Operation) -> bool:
    leads_on = operation.pagination is not None and operation.pagination.next is not None
    return is_paged(operation) and (leads_on or operation.response(200).header("Link") is not None)


@experiment("PAGE-06", source="RFC 8288, section 3; x-pagination", applies=is_linked)
def test_links_lead_to_their_pages(collection: Collection) -> None:
    """
    The links of a page lead to the next, previous, first and last page of the same size, filter and order.

    None leads before the first or behind the last page; a page beyond is empty, or a documented 404.
    """
    collection.plant(5)
    size, sort = collection.size(), collection.page.sort
    query = {sort.parameter: list(sort.keys)[-1]} if sort else {}
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
    beyond = {collection.page.size: size, collection.page.place: collection.first + len(pages)}
    collection.last.append(collection.get({**query, **beyond}))
    if collection.last[-1].status != 404 or not collection.operation.documents(404):
        collection.expect("items beyond the last page", collection.items(collection.last[-1]), [])


def links_of(collection: Collection, answer: Exchange) -> dict[tuple[str, str], str]:
    """Return the links of a page: those in the Link header, and those beside the one that x-pagination names."""
    header = re.findall(r"<([^>]*)>[^<]*?;\s*rel\s*=\s*\"?([\w .-]+)", answer.header("link") or "", re.IGNORECASE)
    parent, _, last = (collection.page.next or "").rpartition("/")
    beside = look_up(answer.json(), parent) if last == "next" else {}
    found = [("Link", name, link) for link, names in header for name in names.lower().split()]
    found += [("content", name, link) for name, link in beside.items() if isinstance(link, str)]
    return {(at, RELATIONS[name]): urljoin(answer.url, link) for at, name, link in found if name in RELATIONS}


def relink(request: Request, name: str, without: str, link: str = "") -> Steps:
    """Take a parameter out of a link of each page, or set the link."""
    cut = re.compile(rf"\b({without})=[^&]*&?")
    yield from bent(request, lambda b: b["links"].update({name: link or cut.sub("", b["links"][name] or "") or None}))


@fault(test_links_lead_to_their_pages)
def next_forgets_the_filter(request: Request) -> Steps:
    """The next page is that of all items."""
    yield from relink(request, "next", "author|q")


@fault(test_links_lead_to_their_pages)
def last_forgets_the_size(request: Request) -> Steps:
    """The last page has the default size."""
    yield from relink(request, "last", "per_page")


@fault(test_links_lead_to_their_pages)
def last_page_has_a_next(request: Request) -> Steps:
    """There is always a next page."""
    yield from relink(request, "next", "", f"{request.path}?page={int(request.query.get('page', '1')) + 1}")


@fault(test_links_lead_to_their_pages)
def first_page_has_a_previous(request: Request) -> Steps:
    """Before each page is the first page."""
    yield from relink(request, "prev", "", f"{request.path}?page=1")


@fault(test_links_lead_to_their_pages)
def header_counts_from_zero(request: Request, answer: Answer) -> None:
    """The Link header names the page before the one it means."""
    answer.edit("link", r"\bpage=2\b", "page=1")


@fault(test_links_lead_to_their_pages)
def beyond_the_last_is_the_last(request: Request) -> None:
    """A page number that is too large is that of the last page."""
    request.query |= {"page": "3"} if request.query.get("page") == "4" else {}
