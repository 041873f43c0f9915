"""PAGE-01: every item exactly once."""

from collections import Counter
from math import ceil

from bookplate import experiment, fault
from bookplate.contract import is_walkable
from bookplate.faults import Request, Steps, bent
from bookplate.fixtures import Collection


@experiment("PAGE-01", source="x-pagination", applies=is_walkable)
def test_every_item_exactly_once(collection: Collection) -> None:
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


@fault(test_every_item_exactly_once)
def first_item_is_the_last_of_the_page_before(request: Request) -> Steps:
    """Each page starts with the last item of the page before it."""
    last = request.memory.setdefault("last", [])
    yield from bent(request, lambda b: last.append(b["items"]) or {"items": last[-2:][0][-1:] + b["items"][1:]})


@fault(test_every_item_exactly_once)
def last_item_of_a_page_is_lost(request: Request) -> Steps:
    """Each page lacks its last item."""
    yield from bent(request, lambda body: {"items": body["items"][:-1] or body["items"]})


@fault(test_every_item_exactly_once)
def next_leads_nowhere_new(request: Request) -> None:
    """Whatever page is asked for, the first one is given."""
    request.query.pop("page", None)
