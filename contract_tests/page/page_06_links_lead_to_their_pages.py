"""PAGE-06: links lead to their pages."""

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any
from urllib.parse import urljoin

from bookplate import expect, experiment, fault, rests_on
from bookplate.contract import Fact, Operation, Origin, is_pointer, is_walkable, look_up
from bookplate.faults import Answer, Request, shows
from bookplate.fixtures import Collection
from bookplate.wire import Exchange, links_of_field

# The relations of links that are tried, by the names that they have in answers.
RELATIONS = {"next": "next", "prev": "prev", "previous": "prev", "first": "first", "last": "last", "self": "self"}
# These may be missing on any page.
OPTIONAL = ("first", "last", "self")

# How many pages a walk has at most whose links are all followed.
MOST_PAGES = 4

# Where a link stands, the Link header or the content, and its relation.
Place = tuple[str, str]


def is_linked(operation: Operation) -> bool:
    """Its pages can be asked for by their place, and have links to others."""
    leads_on = operation.pagination is not None and operation.pagination.next is not None
    return is_walkable(operation) and (leads_on or operation.response(200).header("Link") is not None)


@experiment("PAGE-06", source="RFC 8288, section 3; x-pagination", applies=is_linked, explained_by=("PAGE-01",))
def test_links_lead_to_their_pages(collection: Collection) -> None:
    """
    The links of a page lead to the next, previous, first and last page of the same size, filter and order.

    The first page has no link to a previous one, and the last page none to a next one. The page behind the last one is
    empty or gets a documented 404. It is tried where the last page is full, where it is not, and where it is the first.
    A link of a page to itself, where it has a query, leads to that page. In a list that shows nothing, each link leads to
    an empty page, and none to a page before or after it. That the Link header lacks some links of the content is advice.

    Why it matters: a client that follows links lands in another list, for example one without its filter. Or it goes in
    circles behind the last page.

    To mend it: build every link by one function, from the query of the request with the page number replaced alone.
    Leave `next` out on the last page and `prev` on the first. Compute the last page as the total divided by the
    size, rounded up.
    """
    collection.plant(8)
    count, usual = collection.count(), collection.size()
    even = [size for size in collection.sizes() if count % size == 0 and count <= size * MOST_PAGES]

    for size, trial in expect.each(sorted({usual, *even})):
        with trial:
            expect_pages_linked(collection, size)
    expect_nothing_linked(collection, usual)


def expect_pages_linked(collection: Collection, size: int) -> None:
    """Walk through pages of a size, and expect their links to lead to each other, and the page behind them to be empty."""
    sort = collection.page.sort
    query = {sort.parameter: list(sort.keys)[-1]} if sort else {}
    pages = [collection.keys([page]) for page in collection.walk(size, query, numbers=True)]
    links_by_page = [links_of(collection, answer) for answer in collection.last[: len(pages)]]

    expect_linked(collection, pages, links_by_page)
    beyond = {**collection.asking_for(size), collection.page.place: collection.place_of(len(pages), size)}
    answer = collection.get({**query, **beyond})
    collection.last.append(answer)

    if answer.status != 404 or not collection.operation.documents(404):
        items = collection.items(answer)
        keys = collection.keys([items])
        expect.equal(keys, [], what="a page beyond the last one shows the items", shown=collection.evidence)
    expect_linked_alike(collection, links_by_page)


def expect_nothing_linked(collection: Collection, size: int) -> None:
    """Ask for what no item has, and expect the links of that page to lead to empty pages, and none to another place."""
    nobody = {name: f"Nobody {collection.resources.samples.unique()}" for name in collection.narrow}
    if not nobody:
        return
    answer = collection.get({**collection.asking_for(size), **nobody})
    if not 200 <= answer.status < 300 or collection.items(answer):
        return  # PAGE-08 judges whether it is refused, and what it finds
    collection.last = [answer]
    expect_linked(collection, [[]], [links_of(collection, answer)])


def links_of(collection: Collection, answer: Exchange) -> dict[Place, str]:
    """
    Return the links of a page: those in the Link header, and those beside the one that x-pagination names.

    A link to the page itself is left out where it has no query, or braces for one: it may mean the list as such.
    """
    in_header = [("Link", name, link) for name, link in links_of_field(answer.header("link") or "")]
    in_content = [("content", name, link) for name, link in links_beside_next(collection, answer)]
    found = [*in_header, *in_content]
    telling = [each for each in found if each[1] in RELATIONS and (each[1] != "self" or is_of_one_page(each[2]))]
    return {(where, RELATIONS[name]): urljoin(answer.url, link) for where, name, link in telling}


def is_of_one_page(link: str) -> bool:
    """Tell whether a link says by its query which page it means."""
    return "?" in link and "{" not in link


def links_beside_next(collection: Collection, answer: Exchange) -> Iterator[tuple[str, str]]:
    """Yield the links of a content with their names: the one to the next page, and those in the object that has it."""
    pointer = collection.page.next
    following = collection.next(answer)
    if not is_pointer(pointer):
        return
    if following is not None and following.url:
        yield "next", following.url
    parent, _, last = (pointer or "").removesuffix("/href").rpartition("/")
    beside = look_up(answer.json(), parent) if last == "next" else None
    for name, value in beside.items() if isinstance(beside, dict) else ():
        link = value.get("href") if isinstance(value, dict) else value
        if name != "next" and isinstance(link, str):
            yield name, link


def expect_linked(collection: Collection, pages: list[list[Any]], links_by_page: list[dict[Place, str]]) -> None:
    """Expect every link of every page to lead to its page; `pages` are the keys of the items on each."""
    used = sorted({place for links in links_by_page for place in links})
    visited: dict[str, list[Any]] = {}
    for (number, (where, relation)), trial in expect.each(product(range(len(pages)), used)):
        with trial:
            url = links_by_page[number].get((where, relation))
            if url is None and relation in OPTIONAL:
                continue
            found = None if url is None else visit(collection, url, visited)
            target = targets_of(pages, number)[relation]
            what = f"the link {relation} in {where} of page {number + 1} leads to the items"
            expect.equal(found, target, what=what, shown=collection.evidence)


def expect_linked_alike(collection: Collection, links_by_page: list[dict[Place, str]]) -> None:
    """Expect content and Link header of a page to have the same links where both have some; the document says so nowhere."""
    for number, links in enumerate(links_by_page, 1):
        in_content, in_header = (
            sorted(relation for where, relation in links if where == place and relation != "self")
            for place in ("content", "Link")
        )
        if in_content and in_header and in_content != in_header:
            rests_on(Fact((), Origin.GUESSED, "the Link header and the content of a page have the same links"))
            what = f"links in the Link header of page {number}"
            expect.equal(in_header, in_content, what=what, shown=collection.evidence)


def targets_of(pages: list[list[Any]], number: int) -> Mapping[str, list[Any] | None]:
    """Return the page that each relation of a page leads to, None where there is no such page."""
    return {
        "self": pages[number],
        "first": pages[0],
        "last": pages[-1],
        "prev": pages[number - 1] if number > 0 else None,
        "next": pages[number + 1] if number + 1 < len(pages) else None,
    }


def visit(collection: Collection, url: str, visited: dict[str, list[Any]]) -> list[Any]:
    """Return the keys of the items that a link leads to; each link is followed once."""
    if url not in visited:
        answer = collection.follow(url)
        collection.last.append(answer)
        visited[url] = collection.keys([collection.items(answer)])
    return visited[url]


def set_link(answer: Answer, name: str, link: str | None) -> None:
    """Give a page another link."""
    links = answer.members["links"]
    answer.put(links={**links, name: link})


def without_parameters(link: str | None, names: str) -> str | None:
    """Return a link without the query parameters that a pattern names; None where there is no link."""
    return re.sub(rf"\b({names})=[^&]*&?", "", link) if link else None


@fault(test_links_lead_to_their_pages)
def next_forgets_the_filter(request: Request, answer: Answer) -> None:
    """The link to the next page has no filter."""
    if shows(request, answer, "links"):
        link = answer.members["links"]["next"]
        set_link(answer, "next", without_parameters(link, "author|q"))


@fault(test_links_lead_to_their_pages)
def last_forgets_the_size(request: Request, answer: Answer) -> None:
    """The link to the last page has no size."""
    if shows(request, answer, "links"):
        link = answer.members["links"]["last"]
        set_link(answer, "last", without_parameters(link, "per_page"))


@fault(test_links_lead_to_their_pages)
def last_page_has_a_next(request: Request, answer: Answer) -> None:
    """The last page has a link to a next one."""
    if shows(request, answer, "links"):
        number = int(request.query.get("page", "1"))
        set_link(answer, "next", f"{request.path}?page={number + 1}")


@fault(test_links_lead_to_their_pages)
def first_page_has_a_previous(request: Request, answer: Answer) -> None:
    """The first page has a link to a previous one."""
    if shows(request, answer, "links"):
        set_link(answer, "prev", f"{request.path}?page=1")


@fault(test_links_lead_to_their_pages)
def header_counts_from_zero(request: Request, answer: Answer) -> None:
    """A link to page 2 in the Link header leads to page 1."""
    answer.edit("link", r"\bpage=2\b", "page=1")


@fault(test_links_lead_to_their_pages)
def beyond_the_last_is_the_last(request: Request) -> None:
    """A page number that is too large leads to the last page."""
    if request.query.get("page") == "4":
        request.query["page"] = "3"


@fault(test_links_lead_to_their_pages)
def last_is_one_too_far_behind_a_full_page(request: Request, answer: Answer) -> None:
    """Where the last page is full, the link to it leads to an empty one."""
    if not shows(request, answer, "links"):
        return
    pagination = answer.members["pagination"]
    if pagination["total_items"] % pagination["per_page"] == 0:
        link = answer.members["links"]["last"]
        set_link(answer, "last", re.sub(r"\bpage=(\d+)", lambda found: f"page={int(found[1]) + 1}", link or ""))


@fault(test_links_lead_to_their_pages)
def itself_is_the_first_page(request: Request, answer: Answer) -> None:
    """The link of a page to itself leads to the first page."""
    if shows(request, answer, "links"):
        set_link(answer, "self", answer.members["links"]["first"])


@fault(test_links_lead_to_their_pages)
def the_last_page_of_nothing_is_no_page(request: Request, answer: Answer) -> None:
    """The link to the last page of a list that shows nothing leads to page 0."""
    if shows(request, answer, "links") and not answer.members["items"]:
        set_link(answer, "last", f"{request.path}?page=0")


@fault(test_links_lead_to_their_pages)
def the_header_forgets_the_last_page(request: Request, answer: Answer) -> None:
    """The Link header has no link to the last page, which the content has."""
    answer.edit("link", r',\s*<[^>]*>; rel="last"', "")
