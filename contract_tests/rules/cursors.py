"""Cursors: walks that meet everything once, whatever is written meanwhile, and that open nothing."""

import re
from collections import Counter
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Any

from ..accounts import Account, Accounts
from ..collection import Collection
from ..fault import Request, Steps, bent
from ..operation import has_cursors, is_paged
from ..pointer import look_up
from ..rule import SHOULD, experiment
from ..shelf import Visit

NOTHING_MORE = {"next_cursor": None, "has_more": False}


@experiment("CURSOR-01", source="x-pagination", applies=has_cursors)
def walks_end_when_all_is_met(collection: Collection) -> None:
    """A walk of n items meets each once in at most n/size + 1 stretches, and goes on exactly where it says so."""
    planted = collection.plant(4)  # they fill stretches of one and of two to the brim
    for size in collection.sizes():
        visited = collection.keys(collection.walk(size))
        each_once(collection, planted, visited)
        most = len(visited) // size + 1
        collection.expect(f"stretches of {size}", len(collection.last), min(len(collection.last), most))
        said = [collection.page[name] for name in ("more", "next") if name in collection.page]
        ends = [[bool(look_up(each.json(), pointer)) for pointer in said] for each in collection.last]
        collection.expect("more and next", ends, [end[-1:] * len(said) for end in ends])


def each_once(collection: Collection, wanted: set[Any], visited: list[Any]) -> None:
    times = Counter(visited)
    collection.expect("times met", {key: times[key] for key in wanted if times[key] != 1}, {})


@experiment("CURSOR-02", source="x-pagination", applies=has_cursors)
def what_stays_is_met_once(collection: Collection) -> str:
    """Items that exist all through a walk are met exactly once, though others are made and deleted on both sides."""
    planted = collection.plant(8)
    size = collection.size()
    order = [key for key in collection.keys(collection.walk(size)) if key in planted]
    stretches = collection.walk(size)
    met = collection.keys([next(stretches)])
    collection.last.append(collection.insert(collection.marks[0]).made)
    met += collection.keys([next(stretches, [])])
    behind = [key for key in order if key not in met][:1]
    said = [remove(collection, key) for key in order[:1] + behind]
    each_once(collection, planted - set(behind), met + collection.keys(stretches))
    return said[0]


@experiment("CURSOR-03", source="x-pagination", applies=has_cursors)
def walks_outlive_their_anchor(collection: Collection) -> str:
    """A walk goes on where it was when the item that its cursor was made from is deleted."""
    planted = collection.plant(5)
    stretches = collection.walk(collection.size())
    met = collection.keys([next(stretches)])
    said = remove(collection, met[-1])
    each_once(collection, planted, met + collection.keys(stretches))
    return said


def remove(collection: Collection, key: Any) -> str:
    """Delete an item that was planted; return what to say where that cannot be done."""
    shelf, found = collection.shelf, [item for item in collection.made if collection.key(item.value) == key]
    for operation in shelf.document.operations:
        if found and (operation.method, operation.path.rpartition("/")[0]) == ("DELETE", found[0].creator.path):
            visit = Visit(operation, shelf.caller(operation, found[0]), found[0])
            collection.last.append(shelf.write(visit, found[0].made.header("etag")))
            return ""
    return "not checked: deletions, as no operation deletes such an item, or none was met"


def start(collection: Collection) -> str:
    """Begin a walk of a few items, and return its first cursor."""
    collection.plant(5)
    collection.last = [collection.get({collection.page["size"]: collection.size()})]
    return str(collection.cursor(collection.last[0]))


@experiment("CURSOR-05", source="x-pagination", applies=has_cursors)
def cursors_name_a_place(collection: Collection) -> None:
    """A cursor goes on from one place, the same each time, with no more items than are asked for this time."""
    cursor, sizes = start(collection), (collection.bounds[0], collection.size(), collection.bounds[1])
    rest: list[Any] = []
    for size in (*sizes, *sizes):
        collection.last.append(collection.get({collection.page["size"]: size, collection.page["cursor"]: cursor}))
        found = collection.keys([collection.items(collection.last[-1])])
        collection.expect(f"items of {size}", len(found), min(len(found), size))
        collection.expect("what follows", found[: len(rest)], rest[: max(len(found), 1)])
        rest = max(rest, found, key=len)


@experiment("CURSOR-06", source="OWASP API1:2023; x-pagination", applies=has_cursors)
def cursors_open_nothing(collection: Collection, accounts: Accounts) -> None:
    """A cursor shows its bearer nothing that they do not see without it, and walks meet what numbered pages list."""
    mine, theirs = seen_by(collection, accounts.a), seen_by(collection, accounts.b)
    cursor, size = start(mine), mine.page["size"]
    theirs.narrow = mine.narrow
    refused = theirs.get({}).status in (401, 403, 404)
    seen = set() if refused else set(theirs.keys(theirs.walk(mine.size())))
    theirs.last = [*mine.last, theirs.get({size: mine.size(), theirs.page["cursor"]: cursor})]
    shown = theirs.keys([theirs.items(theirs.last[-1])] if theirs.last[-1].status == 200 else [])
    theirs.expect("A's cursor shows B what B does not see", set(shown) - seen, set())
    for other in filter(is_paged, collection.shelf.document.operations):
        pages = Collection(other, mine.shelf)
        if pages.listed is mine.listed and is_like(mine, pages):
            walked = set(mine.keys(mine.walk(mine.size())))
            mine.expect(f"met, unlike in {other.id}", walked ^ set(mine.keys(pages.walk(mine.size()))), set())


def seen_by(collection: Collection, account: Account) -> Collection:
    """Return a collection as this account sees it, signed in even where nobody has to be."""
    theirs = copy(collection)
    theirs.visit, theirs.headers = replace(collection.visit, caller=account), account.headers()
    return theirs


def is_like(one: Collection, other: Collection) -> bool:
    """Narrow a collection as another one is, and return whether that can be done and the same callers see both."""
    filters = other.page.get("filters", {})
    wanted = [(one.page["filters"][name], value) for name, value in one.narrow.items()]
    other.narrow = {name: value for told, value in wanted for name in filters if filters[name] == told}
    needed = {p["name"] for p in other.operation.parameters if p.get("required")} | set(map(str, one.narrow))
    mine, theirs = one.operation, other.operation
    return needed <= other.narrow.keys() and (mine.secured, mine.access) == (theirs.secured, theirs.access)


@experiment("CURSOR-07", source="x-pagination; OWASP API1:2023", level=SHOULD, applies=has_cursors)
def cursors_belong_to_their_walk(collection: Collection, accounts: Accounts) -> None:
    """
    A cursor that was changed, cut short, or made under another filter or sort or by another operation is refused.

    So is one that was made for another caller, where the collection is not public.
    """
    cursor, name, sort = start(collection), collection.page["cursor"], collection.page.get("sort")
    middle, operations = len(cursor) // 2, collection.shelf.document.operations
    queries = [{name: f"{cursor[:middle]}{'AB'[cursor[middle] == 'A']}{cursor[middle + 1 :]}"}, {name: cursor[:middle]}]
    queries += [{name: cursor, other: f"{value} other"} for other, value in collection.narrow.items()]
    queries += [{name: cursor, sort["parameter"]: list(sort["keys"])[-1]}] if sort else []
    others = [Collection(o, collection.shelf) for o in operations if has_cursors(o) and o is not collection.operation]
    for query in (*queries, *({name: start(other)} for other in others)):
        collection.refused(f"a cursor of something else than {query}", collection.get(query), *collection.last)
    if collection.operation.secured:
        borne = seen_by(collection, accounts.b).get({name: cursor})
        collection.refused("A's cursor borne by B", borne, *collection.last)


@experiment("CURSOR-08", source="RFC 3986, section 2.3", level=SHOULD, applies=has_cursors)
def cursors_stand_in_urls(collection: Collection) -> None:
    """A cursor is made of unreserved characters, so that it can stand in a URL as it is."""
    collection.expect("reserved characters in a cursor", re.findall(r"[^\w.~-]", start(collection)), [])


def fed(request: Request, change: Callable[[dict[str, Any]], Any]) -> Steps:
    """Change a stretch of the feed by the members that a function of it returns."""
    yield from bent(request, change, "next_cursor")


@walks_end_when_all_is_met.broken_by
def the_end_has_no_end(request: Request) -> Steps:
    """The last stretch leads to itself."""
    yield from fed(request, lambda body: {"next_cursor": body["next_cursor"] or request.query.get("cursor")})


@walks_end_when_all_is_met.broken_by
def a_full_stretch_is_the_last(request: Request) -> Steps:
    """The walk ends at the first stretch of two that is full."""
    yield from fed(request, lambda body: NOTHING_MORE if len(body["items"]) == 2 else None)


@walks_end_when_all_is_met.broken_by
def there_is_always_more(request: Request) -> Steps:
    """The last stretch says that there is more."""
    yield from fed(request, lambda body: {"has_more": True})


@what_stays_is_met_once.broken_by
@walks_outlive_their_anchor.broken_by
def cursors_are_offsets(request: Request) -> Steps:
    """The cursor is the number of items that went before."""
    size, offset = int(request.query.get("limit", "20")), 0
    if request.query.get("cursor", "").startswith("offset."):
        offset = int(request.query.pop("cursor").removeprefix("offset."))
        request.query["limit"] = str(size + offset)
    cursor = f"offset.{offset + size}"
    yield from fed(request, lambda b: {"items": b["items"][offset:], "next_cursor": cursor if b["has_more"] else None})


@walks_outlive_their_anchor.broken_by
def walks_start_again_without_their_anchor(request: Request) -> Steps:
    """A cursor whose item is gone leads to the first stretch."""
    if request.memory.get(request.query.get("cursor", "")) in request.memory.setdefault("gone", []):
        request.query.pop("cursor")
    request.memory["gone"] += [request.path.rpartition("/")[2]] if request.method == "DELETE" else []
    yield from fed(request, lambda b: request.memory.update({b["next_cursor"]: str(b["items"][-1]["id"])}))


@cursors_name_a_place.broken_by
def later_stretches_have_the_default_size(request: Request) -> None:
    """The size is only looked at where there is no cursor."""
    if "cursor" in request.query:
        request.query.pop("limit", None)


@cursors_name_a_place.broken_by
def cursors_are_spent(request: Request) -> Steps:
    """A cursor that was used a few times finds nothing more."""
    request.memory["uses"] = request.memory.get("uses", 0) + ("cursor" in request.query)
    yield from fed(request, lambda body: {"items": []} | NOTHING_MORE if request.memory["uses"] > 3 else None)


@cursors_open_nothing.broken_by
def cursors_say_who_asks(request: Request) -> Steps:
    """Only who came first sees anything, and whoever bears a cursor of theirs."""
    who = request.headers.get("authorization", "")
    seen = "cursor" in request.query or request.memory.setdefault("first", who) == who
    yield from fed(request, lambda body: None if seen else {"items": []} | NOTHING_MORE)


@cursors_open_nothing.broken_by
def the_feed_lacks_what_the_list_shows(request: Request) -> Steps:
    """Every third item has not come into the feed."""
    yield from fed(request, lambda body: {"items": [item for item in body["items"] if item["id"] % 3]})


@cursors_belong_to_their_walk.broken_by
def the_filter_is_that_of_the_cursor(request: Request) -> Steps:
    """The cursor knows the filter, whatever else is asked for."""
    request.query |= request.memory.get(request.query.get("cursor", ""), {})
    filters = {"author": request.query.get("author", "")}
    yield from fed(request, lambda body: request.memory.update({body["next_cursor"]: filters}))


@cursors_stand_in_urls.broken_by
def cursors_are_padded(request: Request) -> Steps:
    """The alphabet is that of base64, with its padding."""
    request.query |= {name: value.rstrip("=") for name, value in request.query.items() if name == "cursor"}
    yield from fed(request, lambda body: body["next_cursor"] and {"next_cursor": f"{body['next_cursor']}=="})
