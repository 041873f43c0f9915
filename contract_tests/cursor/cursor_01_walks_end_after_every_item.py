"""CURSOR-01: walks end after every item."""

from bookplate import experiment, fault
from bookplate.contract import has_cursors, look_up
from bookplate.faults import Request, Steps
from bookplate.fixtures import Collection

from ._shared import NOTHING_MORE, each_once, fed


@experiment("CURSOR-01", source="x-pagination", applies=has_cursors)
def test_walks_end_after_every_item(collection: Collection) -> None:
    """A walk of n items meets each once in at most n/size + 1 stretches, and goes on exactly where it says so."""
    planted = collection.plant(4)  # they fill stretches of one and of two to the brim
    for size in collection.sizes():
        visited = collection.keys(collection.walk(size))
        each_once(collection, planted, visited)
        most = len(visited) // size + 1
        collection.expect(f"stretches of {size}", len(collection.last), min(len(collection.last), most))
        said = [pointer for pointer in (collection.page.more, collection.page.next) if pointer is not None]
        ends = [[bool(look_up(each.json(), pointer)) for pointer in said] for each in collection.last]
        collection.expect("more and next", ends, [end[-1:] * len(said) for end in ends])


@fault(test_walks_end_after_every_item)
def the_end_has_no_end(request: Request) -> Steps:
    """The last stretch leads to itself."""
    yield from fed(request, lambda body: {"next_cursor": body["next_cursor"] or request.query.get("cursor")})


@fault(test_walks_end_after_every_item)
def a_full_stretch_is_the_last(request: Request) -> Steps:
    """The walk ends at the first stretch of two that is full."""
    yield from fed(request, lambda body: NOTHING_MORE if len(body["items"]) == 2 else None)


@fault(test_walks_end_after_every_item)
def there_is_always_more(request: Request) -> Steps:
    """The last stretch says that there is more."""
    yield from fed(request, lambda body: {"has_more": True})
