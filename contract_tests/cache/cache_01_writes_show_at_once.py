"""CACHE-01: writes show at once."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, is_creator, is_owned_write, is_walkable, look_up, may_lag
from bookplate.faults import Request, Steps
from bookplate.fixtures import (
    Collection,
    Item,
    PreparedRequest,
    Resources,
    User,
    find_in_answer,
    members_of,
    members_sent,
    prepare_read,
    writable_places,
)
from bookplate.wire import Exchange, succeeded

from ._shared import answer_from_cache


def writes_items(operation: Operation) -> bool:
    return is_creator(operation) or is_owned_write(operation)


@experiment("CACHE-01", source="RFC 9111, section 4.4; x-cache", applies=writes_items)
def test_writes_show_at_once(operation: Operation, resources: Resources) -> None:
    """
    Once a write is answered, every URL that shows the item shows it as written, to its writer and to others.

    The item is read alone and in lists: filtered, sorted and on the last page; from a page that is full, a walk goes on. Each of these URLs is read twice before
    the write, so that a cache has an answer to keep. Operations whose `x-cache` declares `max-staleness` are left out.

    Why it matters: users save a change, reload the page and see the old content. They save again, or they decide on
    content that is no longer true.

    To mend it: drop from the cache, in the request that writes, everything that shows the item: its own URL, each
    list and each query. One number of a version per kind of thing, as a part of every key, does that in one step.
    Drop it for all callers, after the commit and before the answer.
    """
    creator = operation if is_creator(operation) else resources.origin(operation)
    texts = filter_texts(resources, creator)
    item = resources.plant(creator, None, texts)
    views = list(read_twice(resources, item))
    if not views:
        raise NotChecked("no URL shows what is written: give the operations that read it the schema of what is made")

    if creator is operation:
        item = resources.plant(creator, item.owner, texts)
        write = item.made
    else:
        write = overwrite(resources, PreparedRequest(operation, item.owner, item), item)
    views = [view for view in views if view.may_show(item)]
    if not views:
        raise NotChecked(
            "no URL has to show what is made: its answer does not show the text that the lists are filtered by"
        )

    for view, trial in expect.each(views):
        with trial:
            answer = view.read(resources, item)
            shown = find_in_answer(view.prepared.operation, resources, answer, item)
            if (
                shown is None
                and write.method != "DELETE"
                and view.is_full(answer)
                and view.shows_later(resources, item)
            ):
                continue
            difference = difference_to(operation, write, shown)
            expect.that(
                not difference,
                f"{answer.summary()} and {difference}, to {view.reader(item)}",
                expected="what was written",
                shown=[view.before, write, answer],
            )


@dataclass(frozen=True)
class View:
    """A request that shows items to a caller (None: to a caller without a token), and its answer before the write."""

    prepared: PreparedRequest
    query: Mapping[str, Any]
    caller: User | None
    before: Exchange

    def read(self, resources: Resources, item: Item) -> Exchange:
        """Send the request again; where its path names an item, for this one."""
        is_list = self.prepared.operation.pagination is not None
        prepared = self.prepared if is_list else replace(self.prepared, item=item)
        return resources.ask(prepared, self.caller, **self.query)

    def may_show(self, item: Item) -> bool:
        """Tell whether the filters of this view let an item pass, as the answer that shows it says."""
        filters = self.prepared.operation.text_filters
        wanted = [(places, self.query[name]) for name, places in filters.items() if name in self.query]
        return all(any(look_up(item.value, place) == text for place in places) for places, text in wanted)

    def is_full(self, answer: Exchange) -> bool:
        """Tell whether an answer is a page of a list that has no room for one item more, so that it may be on another."""
        operation = self.prepared.operation
        page = operation.pagination
        if page is None:
            return False
        if page.size is None:
            return True
        parameter = operation.parameter(page.size)
        size = self.query.get(page.size, parameter.schema.default if parameter else None)
        items = look_up(answer.json(), page.items) or ()
        return size is None or len(items) >= int(size)

    def shows_later(self, resources: Resources, item: Item) -> bool:
        """Tell whether a walk through the list meets an item that is not on the page of this view."""
        collection = Collection(self.prepared.operation, resources)
        collection.prepared = replace(self.prepared, caller=self.caller or self.prepared.caller)
        collection.narrow = {name: value for name, value in self.query.items() if name in collection.page.filters}
        wanted = collection.key(item.value)
        return any(wanted in collection.keys([page]) for page in collection.walk(collection.bounds[1]))

    def reader(self, item: Item) -> str:
        """Say to which kind of caller the item is shown."""
        if self.caller is None:
            return "a caller without a token"
        return "its writer" if self.caller is item.owner else "another user"


def filter_texts(resources: Resources, creator: Operation) -> dict[str, str]:
    """Return a fresh text for every place, as a JSON pointer, by which a list of these items can be filtered."""
    fresh = f"Author {resources.samples.unique()}"
    lists = [each for each in resources.document.operations if resources.document.relations.shows(each, creator)]
    return {places[0]: fresh for operation in lists for places in operation.text_filters.values()}


def read_twice(resources: Resources, item: Item) -> Iterator[View]:
    """Read each URL that shows an item twice as each caller, and yield a View of each; a declared lag leaves it out."""
    for operation in resources.document.operations:
        if may_lag(operation) or not resources.document.relations.shows(operation, item.creator):
            continue
        with suppress(NotChecked):
            prepared = prepare_read(resources, operation, item)
            callers: list[User | None] = [item.owner, resources.users.stranger]
            if not operation.secured:
                callers.append(None)
            for query in list(queries(resources, prepared, item)):
                for caller in callers:
                    first = resources.ask(prepared, caller, **query)
                    if find_in_answer(operation, resources, first, item):
                        yield View(prepared, query, caller, resources.ask(prepared, caller, **query))


def queries(resources: Resources, prepared: PreparedRequest, item: Item) -> Iterator[dict[str, Any]]:
    """Yield queries for which a list may show an item: by each text filter, sorted, and the last page of all."""
    operation = prepared.operation
    page = operation.pagination
    filters = [{name: look_up(item.value, places[0])} for name, places in operation.text_filters.items()]
    yield from filters
    if page and page.sort and filters:
        yield {**filters[0], page.sort.parameter: next(iter(page.sort.keys))}
    if page is None or not is_walkable(operation) or page.total is None:
        yield {}
        return
    collection = Collection(operation, resources)
    total = collection.total(resources.call(prepared))
    # A last page that is not full has room for what is made.
    sizes = [size for size in (20, 19, 18) if total and total % size]
    if sizes and page.size is not None:
        yield {page.size: sizes[0], page.place: collection.place_of(total // sizes[0], sizes[0])}
    else:
        yield {}


def overwrite(resources: Resources, prepared: PreparedRequest, item: Item) -> Exchange:
    """Write an item so that filters still find it; NotChecked where that is refused."""
    body = resources.content(prepared)
    if isinstance(body, dict):
        # A text of this run is a mark that a filter looks for.
        body |= {
            name: value for name, value in item.value.items() if name in body and resources.samples.run in f"{value}"
        }
    tag = resources.read(prepared).header("etag")
    answer = resources.write(prepared, tag, body)
    return succeeded(answer, "nothing can be written")


def difference_to(operation: Operation, write: Exchange, shown: Mapping[str, Any] | None) -> str:
    """Say how an item is shown otherwise than a write left it; empty where it is not."""
    if write.method == "DELETE":
        return "still shows it" if shown else ""
    if shown is None:
        return "does not show it"
    sent = members_sent(operation, write)
    left = members_of(write) if write.body else sent
    pairs = [(place, look_up(left, place), look_up(shown, place)) for place in places_sent(operation, sent)]
    different = [place for place, due, found in pairs if due is not None and found is not None and due != found]
    return f"shows '{different[0].removeprefix('/')}' otherwise" if different else ""


def places_sent(operation: Operation, sent: Mapping[str, Any]) -> list[str]:
    """Return the places of what was sent; an object that names its members is told by these."""
    return [place for place in writable_places(operation) if look_up(sent, place) is not None]


@fault(test_writes_show_at_once)
def answers_outlive_a_patch(request: Request) -> Steps:
    """A PATCH removes no answer from the cache."""
    yield from answer_from_cache(request, request.path, str(request.query), cleared_by=("POST", "PUT", "DELETE"))


@fault(test_writes_show_at_once)
def searches_outlive_a_creation(request: Request) -> Steps:
    """Answers to requests with a query stay in the cache until an item is changed or deleted."""
    # A key of its own, which no later request has, keeps requests without a query out of the cache.
    query = str(request.query) if request.query else object()
    yield from answer_from_cache(request, request.path, query, cleared_by=("PUT", "PATCH", "DELETE"))


@fault(test_writes_show_at_once)
def deleted_items_are_listed(request: Request) -> Steps:
    """A DELETE removes no list from the cache."""
    query = str(request.query) if request.query else object()
    yield from answer_from_cache(request, query, cleared_by=("POST", "PUT", "PATCH"))


@fault(test_writes_show_at_once)
def others_see_the_old_item(request: Request) -> Steps:
    """Each caller has a separate cache, which only the caller's own writes clear."""
    caller = request.headers.get("authorization", "")
    request.memory = request.memory.setdefault(caller, {})
    yield from answer_from_cache(request, request.path, str(request.query))
