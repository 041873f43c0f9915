"""Pages: what a client may rely on while walking a collection."""

from collections import Counter
from collections.abc import Generator
from math import ceil

from ..collection import Collection
from ..fault import Answer, Request
from ..operation import is_paged
from ..rule import NotChecked, Violation, experiment


@experiment("PAGE-01", source="#/x-pagination", applies=is_paged)
def every_item_exactly_once(collection: Collection) -> str:
    """
    Following `next` from the first page visits every item exactly once, in as many pages as the items fill.

    Two full pages and one item left over: the boundary is where servers slip.
    """
    if not collection.sizes():
        raise NotChecked("the document allows no page size small enough to plant for")
    for size in collection.sizes():
        planted = collection.plant(2 * size + 1)
        pages = collection.walk(size)

        visited = Counter(collection.key(item) for page in pages for item in page)
        repeated = sorted(str(key) for key, times in visited.items() if times > 1)
        told = f"page size {size}, {len(planted)} items planted"
        if missing := sorted(map(str, planted - visited.keys())):
            raise Violation(f"never visited: {', '.join(missing)}; {told}", exchanges=collection.last)
        if repeated:
            raise Violation(f"visited more than once: {', '.join(repeated)}; {told}", exchanges=collection.last)
        if len(pages) != ceil(len(visited) / size):
            observed = f"{len(pages)} pages for {len(visited)} items; {told}"
            raise Violation(observed, expected=str(ceil(len(visited) / size)), exchanges=collection.last)
    return ""


def spoil(answer: Answer, request: Request, change: str) -> None:
    """Bend the longest array of a page: first item kept from the page before, or last item lost."""
    body = answer.json()
    arrays = {name: value for name, value in body.items() if isinstance(value, list)} if isinstance(body, dict) else {}
    for name, items in arrays.items():
        if change == "overlap":
            body[name] = ([request.memory["last"], *items][: len(items)]) if "last" in request.memory else items
            request.memory["last"] = items[-1] if items else None
        elif change == "lost" and "next" in str(body):
            body[name] = items[:-1] if len(items) > 1 else items
    answer.rewrite(body)


@every_item_exactly_once.broken_by
def first_item_is_the_last_of_the_page_before(request: Request) -> Generator[None, Answer, None]:
    """Each page starts with the last item of the page before it."""
    answer = yield
    if request.method == "GET" and answer.status == 200:
        spoil(answer, request, "overlap")


@every_item_exactly_once.broken_by
def last_item_of_a_page_is_lost(request: Request) -> Generator[None, Answer, None]:
    """Each page lacks its last item."""
    answer = yield
    if request.method == "GET" and answer.status == 200:
        spoil(answer, request, "lost")


@every_item_exactly_once.broken_by
def next_leads_nowhere_new(request: Request) -> Generator[None, Answer, None]:
    """Whatever page is asked for, the first one is given."""
    request.query.pop("page", None)
    yield
