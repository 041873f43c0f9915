"""CACHE-01: writes show at once."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bookplate import NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, is_creator, is_owned_write, look_up, may_lag
from bookplate.faults import Request, Steps
from bookplate.fixtures import Item, PreparedRequest, Resources, User, reading, shown_by
from bookplate.wire import Exchange, succeeded

from ._shared import kept


@experiment("CACHE-01", source="RFC 9111, section 4.4; x-cache", applies=lambda o: is_creator(o) or is_owned_write(o))
def test_writes_show_at_once(operation: Operation, resources: Resources) -> str:
    """
    Once a write is answered, every URL that shows the item shows it as written, to its writer and to others.

    Alone, in lists, filtered, sorted and searched: each was read twice before, so that whatever
    keeps answers had one to keep. Only what declares a lag may be late.
    """
    creator = operation if is_creator(operation) else resources.origin(operation)
    marks = filterable_mark(resources, creator)
    item = resources.plant(creator, resources.users.owner, marks)
    seen = list(views(resources, item))
    if creator is operation:
        item = resources.plant(creator, item.owner, marks)
    write = (
        item.made if creator is operation else written(resources, PreparedRequest(operation, item.owner, item), item)
    )
    for prepared, query, caller, before in seen:
        alone = replace(prepared, item=item) if prepared.operation.pagination is None else prepared
        answer = resources.ask(alone, caller, **query)
        if wrong := differs(shown_by(prepared.operation, resources, answer, item), write):
            who = "its writer" if caller is item.owner else "somebody else" if caller else "nobody in particular"
            shown = [before, write, answer]
            raise Violation(f"{answer.summary()} and {wrong}, to {who}", expected="what was written", exchanges=shown)
    return "" if seen else "no URL shows what is written"


def filterable_mark(resources: Resources, creator: Operation) -> dict[str, str]:
    """Return a fresh text for every place that a list of these items can be filtered by."""
    schema, fresh = creator.created, f"Author {resources.samples.unique()}"
    lists = [operation for operation in resources.document.operations if operation.shown == schema]
    return {at[0]: fresh for operation in lists for at in operation.text_filters.values()}


def queries(resources: Resources, prepared: PreparedRequest, item: Item) -> Iterator[dict[str, Any]]:
    """Yield queries that a list may show an item for: by each text filter, sorted, and the last page of all."""
    page, found = prepared.operation.pagination, prepared.operation.text_filters
    narrow = [{name: look_up(item.value, at[0])} for name, at in found.items()]
    yield from narrow
    if page and page.sort and narrow:
        yield {**narrow[0], page.sort.parameter: next(iter(page.sort.keys))}
    if page is None or page.style != "page" or page.total is None:
        yield {}
        return
    total = look_up(resources.call(prepared).json(), page.total)
    size = next((size for size in (20, 19, 18) if total and total % size), 0)
    yield {page.size: size, page.place: total // size + 1} if size else {}


def views(resources: Resources, item: Item) -> Iterator[tuple[PreparedRequest, Any, User | None, Exchange]]:
    """Yield visits and queries that show an item, but those with a declared lag, each as a caller reads it twice."""
    for operation in resources.document.operations:
        if operation.shown == item.creator.created and not may_lag(operation):
            with suppress(NotChecked):
                prepared, callers = reading(resources, operation, item), (item.owner, resources.users.stranger, None)
                for query in list(queries(resources, prepared, item)):
                    for caller in callers[:2] if operation.secured else callers:
                        if shown_by(operation, resources, resources.ask(prepared, caller, **query), item):
                            yield prepared, query, caller, resources.ask(prepared, caller, **query)


def written(resources: Resources, prepared: PreparedRequest, item: Item) -> Exchange:
    """Write an item, so that filters still find it."""
    body, kept = resources.samples.body(prepared.operation), item.value.items()
    same = {name: value for name, value in kept if name in (body or ()) and resources.samples.run in f"{value}"}
    answer = resources.write(prepared, resources.read(prepared).header("etag"), body and {**body, **same})
    return succeeded(answer, "nothing can be written")


def differs(shown: Any, write: Exchange) -> str:
    """Say how an item shows otherwise than a write left it; empty where it does not."""
    if write.method == "DELETE" or shown is None:
        return "still shows it" if shown else "" if write.method == "DELETE" else "does not show it"
    sent = json.loads(write.request_body)
    left = write.json() if write.body else sent
    names = (name for name in sent if isinstance(left, dict) and name in left and name in shown)
    return next((f"shows '{name}' otherwise" for name in names if shown[name] != left[name]), "")


@fault(test_writes_show_at_once)
def answers_outlive_a_patch(request: Request) -> Steps:
    """A PATCH clears nothing of what is kept."""
    yield from kept(request, request.path, str(request.query), flush="POST PUT DELETE")


@fault(test_writes_show_at_once)
def searches_outlive_a_creation(request: Request) -> Steps:
    """What was asked for with a query is kept until an item is changed."""
    yield from kept(request, request.path, str(request.query) if request.query else object(), flush="PUT PATCH DELETE")


@fault(test_writes_show_at_once)
def deleted_items_are_listed(request: Request) -> Steps:
    """A deletion clears no list."""
    yield from kept(request, str(request.query) if request.query else object(), flush="POST PUT PATCH")


@fault(test_writes_show_at_once)
def others_see_the_old_item(request: Request) -> Steps:
    """Each caller has a cache of their own, which only their own writes clear."""
    request.memory = request.memory.setdefault(request.headers.get("authorization", ""), {})
    yield from kept(request, request.path, str(request.query))
