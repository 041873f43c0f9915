"""Caches: whatever keeps answers, nobody is told what is no longer so, or what was for somebody else."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ..accounts import Account, succeeded
from ..collection import Collection
from ..exchange import Exchange
from ..fault import Answer, Request, Steps
from ..operation import Operation, has_role, is_creator, is_owned_write, is_paged
from ..pointer import look_up
from ..preflights import origins_of
from ..rule import NotChecked, Violation, experiment
from ..shelf import Item, Shelf, Visit
from ..surfaces import reading, shown_by

VARIES = re.compile(r"\borigin\b|\*", re.IGNORECASE)


def is_own_read(operation: Operation) -> bool:
    """It reads, and the document says who of those who are signed in may."""
    return operation.method == "GET" and operation.secured and operation.access is not None


def marked(shelf: Shelf, creator: Operation) -> dict[str, str]:
    """Return a fresh text for every place that a list of these items can be filtered by."""
    schema, fresh = shelf.document.resolve(creator.response_schema("201")), f"Author {shelf.samples.unique()}"
    lists = [operation for operation in shelf.document.operations if shelf.document.shown(operation) is schema]
    return {at[0]: fresh for operation in lists for at in shelf.document.text_filters(operation).values()}


def queries(shelf: Shelf, visit: Visit, item: Item) -> Iterator[dict[str, Any]]:
    """Yield queries that a list may show an item for: by each text filter, sorted, and the last page of all."""
    page, found = visit.operation.pagination or {}, shelf.document.text_filters(visit.operation)
    narrow = [{name: look_up(item.value, at[0])} for name, at in found.items()]
    yield from narrow
    if narrow and "sort" in page:
        yield {**narrow[0], page["sort"]["parameter"]: next(iter(page["sort"]["keys"]))}
    total = look_up(shelf.call(visit).json(), page["total"]) if is_paged(visit.operation) and "total" in page else 0
    size = next((size for size in (20, 19, 18) if total and total % size), 0)
    yield {page["size"]: size, page["page"]: total // size + 1} if size else {}


def views(shelf: Shelf, item: Item) -> Iterator[tuple[Visit, Any, Account | None, Exchange]]:
    """Yield visits and queries that show an item, but those with a declared lag, each as a caller reads it twice."""
    schema = shelf.document.resolve(item.creator.response_schema("201"))
    for operation in shelf.document.operations:
        if shelf.document.shown(operation) is schema and "lag" not in (operation.cache or {}):
            with suppress(NotChecked):
                visit, callers = reading(shelf, operation, item), (item.owner, shelf.accounts.b, None)
                for query in list(queries(shelf, visit, item)):
                    for caller in callers[:2] if operation.secured else callers:
                        if shown_by(operation, shelf, shelf.ask(visit, caller, **query), item):
                            yield visit, query, caller, shelf.ask(visit, caller, **query)


@experiment("CACHE-01", source="RFC 9111, section 4.4; x-cache", applies=lambda o: is_creator(o) or is_owned_write(o))
def writes_show_at_once(operation: Operation, shelf: Shelf) -> str:
    """
    Once a write is answered, every URL that shows the item shows it as written, to its writer and to others.

    Alone, in lists, filtered, sorted and searched: each was read twice before, so that whatever
    keeps answers had one to keep. Only what declares a lag may be late.
    """
    creator = operation if is_creator(operation) else shelf.origin(operation)
    marks = marked(shelf, creator)
    item = shelf.plant(creator, shelf.accounts.a, marks)
    seen = list(views(shelf, item))
    if creator is operation:
        item = shelf.plant(creator, item.owner, marks)
    write = item.made if creator is operation else written(shelf, Visit(operation, item.owner, item), item)
    for visit, query, caller, before in seen:
        alone = replace(visit, item=item) if visit.operation.pagination is None else visit
        answer = shelf.ask(alone, caller, **query)
        if wrong := differs(shown_by(visit.operation, shelf, answer, item), write):
            who = "its writer" if caller is item.owner else "somebody else" if caller else "nobody in particular"
            shown = [before, write, answer]
            raise Violation(f"{answer.summary()} and {wrong}, to {who}", expected="what was written", exchanges=shown)
    return "" if seen else "no URL shows what is written"


def written(shelf: Shelf, visit: Visit, item: Item) -> Exchange:
    """Write an item, so that filters still find it."""
    body, kept = shelf.samples.body(visit.operation), item.value.items()
    same = {name: value for name, value in kept if name in (body or ()) and shelf.samples.run in f"{value}"}
    answer = shelf.write(visit, shelf.read(visit).header("etag"), body and {**body, **same})
    return succeeded(answer, "nothing can be written")


def differs(shown: Any, write: Exchange) -> str:
    """Say how an item shows otherwise than a write left it; empty where it does not."""
    if write.method == "DELETE" or shown is None:
        return "still shows it" if shown else "" if write.method == "DELETE" else "does not show it"
    sent = json.loads(write.request_body)
    left = write.json() if write.body else sent
    names = (name for name in sent if isinstance(left, dict) and name in left and name in shown)
    return next((f"shows '{name}' otherwise" for name in names if shown[name] != left[name]), "")


@experiment("CACHE-03", source="RFC 9111, sections 4 and 4.1; x-pagination", applies=lambda o: o.pagination is not None)
def every_part_of_a_request_counts(operation: Operation, shelf: Shelf, collection: Collection) -> str:
    """
    Answers to one path that differ in page, size or filter are each what was asked for, one after another.

    Where an Origin makes a difference, `Vary` says so, also in the answer to who sends none.
    """
    if collection.bounds[0] > 1 or collection.bounds[1] < 2:
        return "the document allows no page small enough"
    collection.plant(2)
    page, narrow, answers = collection.page, collection.narrow, list[Exchange]()

    def ask(query: dict[str, Any], headers: dict[str, str] | None = None) -> list[Any]:
        answers.append(shelf.call(collection.visit, headers, query={**narrow, page["size"]: 1, **query}))
        return list(look_up(answers[-1].json(), page["items"]) or [])

    one, two = ask({}), ask({page["size"]: 2})
    turned = {page["page"]: collection.first + 1} if is_paged(operation) else {page.get("offset", ""): 1}
    turned = {page["cursor"]: look_up(answers[0].json(), page["next"])} if "cursor" in page else turned
    right = {page["size"]: len(two) == 2 and one == two[:1], "page": ask(turned) == two[1:]}
    right |= {name: not ask({name: f"Nobody {shelf.samples.unique()}"}) for name in narrow}
    origins = origins_of(operation, shelf.accounts.config)
    ask({}, {"Origin": origins[0] if origins else "null"})
    allowed = {answer.header("access-control-allow-origin") for answer in answers}
    right["Origin"] = len(allowed) == 1 or all(VARIES.search(each.header("vary") or "") for each in answers)
    if wrong := [what for what, is_right in right.items() if not is_right]:
        raise Violation(f"'{wrong[0]}' does not count", expected="what was asked for", exchanges=answers)
    return ""


@experiment("CACHE-06", source="RFC 9111, section 3.5; OWASP API1:2023; x-access", applies=is_own_read)
def everybody_gets_their_own(operation: Operation, shelf: Shelf) -> None:
    """One URL asked by several callers in turn gives each of them their own answer."""
    visit, access, answers = reading(shelf, operation), operation.access or {}, list[Exchange]()
    own = has_role("account")(operation) and (shelf.accounts.operation("log-in").auth_role or {})["identifier"]
    of_b = 200 if "user" in access.get("allow", ()) else access.get("otherwise", 403)
    of_nobody = 401 if "401" in operation.responses else 403
    for caller, status in ((visit.caller, 200), (shelf.accounts.b, of_b), (None, of_nobody), (visit.caller, 200)):
        answers.append(shelf.ask(visit, caller))
        whose = look_up(answers[-1].json(), own) if own else None
        if answers[-1].status != status or (own and caller and status == 200 and whose != caller.identifier):
            observed = f"{answers[-1].summary()} to {caller.name if caller else 'nobody'}, about {whose or 'nobody'}"
            raise Violation(observed, expected=f"{status}, and their own", exchanges=answers)


def kept(request: Request, *key: Any, flush: str = "POST PUT PATCH DELETE") -> Steps:
    """Answer GET as before, under a key, until a write of these methods succeeds."""
    store = request.memory.setdefault("kept", {})
    answer = yield
    if request.method == "GET" and answer.status == 200:
        answer.repeat(store.setdefault(key, answer.copy()))
    elif request.method in flush and answer.status < 300:
        store.clear()


@writes_show_at_once.broken_by
def answers_outlive_a_patch(request: Request) -> Steps:
    """A PATCH clears nothing of what is kept."""
    yield from kept(request, request.path, str(request.query), flush="POST PUT DELETE")


@writes_show_at_once.broken_by
def searches_outlive_a_creation(request: Request) -> Steps:
    """What was asked for with a query is kept until an item is changed."""
    yield from kept(request, request.path, str(request.query) if request.query else object(), flush="PUT PATCH DELETE")


@writes_show_at_once.broken_by
def deleted_items_are_listed(request: Request) -> Steps:
    """A deletion clears no list."""
    yield from kept(request, str(request.query) if request.query else object(), flush="POST PUT PATCH")


@writes_show_at_once.broken_by
def others_see_the_old_item(request: Request) -> Steps:
    """Each caller has a cache of their own, which only their own writes clear."""
    request.memory = request.memory.setdefault(request.headers.get("authorization", ""), {})
    yield from kept(request, request.path, str(request.query))


@every_part_of_a_request_counts.broken_by
def key_is_the_path(request: Request) -> Steps:
    """Queries are no part of the key."""
    yield from kept(request, request.path)


@every_part_of_a_request_counts.broken_by
def key_lacks_the_page(request: Request) -> Steps:
    """Which page, or from which cursor on, is no part of the key."""
    yield from kept(request, request.path, str({**request.query, "page": "", "cursor": ""}))


@every_part_of_a_request_counts.broken_by
def vary_is_silent(request: Request, answer: Answer) -> None:
    """Vary is left out."""
    answer.headers.pop("vary", None)


@everybody_gets_their_own.broken_by
def key_lacks_the_caller(request: Request) -> Steps:
    """Whoever asks first, their answer is everybody's."""
    yield from kept(request, request.path)
