"""CURSOR-06: cursors grant no access."""

from bookplate import experiment, fault
from bookplate.contract import has_cursors, is_paged
from bookplate.faults import Request, Steps
from bookplate.fixtures import Collection, Users

from ._shared import NOTHING_MORE, fed, seen_by, start


@experiment("CURSOR-06", source="OWASP API1:2023; x-pagination", applies=has_cursors)
def test_cursors_grant_no_access(collection: Collection, users: Users) -> None:
    """A cursor shows its bearer nothing that they do not see without it, and walks meet what numbered pages list."""
    mine, theirs = seen_by(collection, users.owner), seen_by(collection, users.stranger)
    cursor, size = start(mine), mine.page.size
    theirs.narrow = mine.narrow
    refused = theirs.get({}).status in (401, 403, 404)
    seen = set() if refused else set(theirs.keys(theirs.walk(mine.size())))
    theirs.last = [*mine.last, theirs.get({size: mine.size(), theirs.page.place: cursor})]
    shown = theirs.keys([theirs.items(theirs.last[-1])] if theirs.last[-1].status == 200 else [])
    theirs.expect("A's cursor shows B what B does not see", set(shown) - seen, set())
    for other in filter(is_paged, collection.resources.document.operations):
        pages = Collection(other, mine.resources)
        if pages.listed == mine.listed and is_like(mine, pages):
            walked = set(mine.keys(mine.walk(mine.size())))
            mine.expect(f"met, unlike in {other.id}", walked ^ set(mine.keys(pages.walk(mine.size()))), set())


def is_like(one: Collection, other: Collection) -> bool:
    """Narrow a collection as another one is, and return whether that can be done and the same callers see both."""
    filters = other.page.filters
    wanted = [(one.page.filters[name], value) for name, value in one.narrow.items()]
    other.narrow = {name: value for told, value in wanted for name in filters if filters[name] == told}
    needed = {each.name for each in other.operation.parameters if each.required} | set(map(str, one.narrow))
    mine, theirs = one.operation, other.operation
    return needed <= other.narrow.keys() and (mine.secured, mine.access) == (theirs.secured, theirs.access)


@fault(test_cursors_grant_no_access)
def cursors_say_who_asks(request: Request) -> Steps:
    """Only who came first sees anything, and whoever bears a cursor of theirs."""
    who = request.headers.get("authorization", "")
    seen = "cursor" in request.query or request.memory.setdefault("first", who) == who
    yield from fed(request, lambda body: None if seen else {"items": []} | NOTHING_MORE)


@fault(test_cursors_grant_no_access)
def the_feed_lacks_what_the_list_shows(request: Request) -> Steps:
    """Every third item has not come into the feed."""
    yield from fed(request, lambda body: {"items": [item for item in body["items"] if item["id"] % 3]})
