"""Effects: reading has none, and a write that is refused has none."""

import json
import re
from collections.abc import Iterator
from typing import Any

from ..accounts import succeeded, told
from ..fault import Answer, Request, Steps
from ..operation import Operation, is_conditional_write, is_creator
from ..rule import Violation, experiment
from ..shelf import Shelf, Visit
from ..surfaces import reading
from ..writing import change, marked, shown

Refusal = tuple[str, dict[str, str], Any]

OTHER = '"of-nothing-at-all"'
WRONG = {"of": "a shape that no member has"}
SAME = ("content-type", "content-length", "etag", "last-modified", "link")


def is_read(operation: Operation) -> bool:
    shows_items = operation.path_parameters or operation.pagination
    return operation.method == "GET" and bool(shows_items) and "lag" not in (operation.cache or {})


def without_counts(text: bytes) -> bytes:
    """Return a body without its whole numbers, which may count how often it was read."""
    return re.sub(rb'":\s*\d+\b', b'":0', text)


@experiment("STATE-04", source="RFC 9110, sections 9.2.1 and 9.3.2", applies=is_read)
def reading_changes_nothing(operation: Operation, shelf: Shelf) -> str:
    """
    After GET, HEAD and OPTIONS everything reads as before, but for counts; HEAD is GET without the content.

    HEAD has the status of GET, and contradicts none of its headers.
    """
    visit = reading(shelf, operation)
    before = succeeded(shelf.call(visit), "there is nothing to read")
    url, sent = before.url.removeprefix(shelf.client.url), visit.caller.headers() if operation.secured else {}
    head, _ = (shelf.client.send(method, url, [*sent.items()]) for method in ("HEAD", "OPTIONS"))
    after = shelf.call(visit)
    if without_counts(before.body) != without_counts(after.body):
        raise Violation("it reads otherwise after it was read", expected="no change", exchanges=[before, head, after])
    if head.status in (405, 501):
        return "HEAD is not offered"
    other = [name for name in SAME if head.header(name) not in (None, after.header(name))]
    if head.status != after.status or head.body or other:
        observed = f"{told(head)}{f', {other[0]} {head.header(other[0])}' if other else ''}"
        raise Violation(observed, expected="status and headers of GET, no content", exchanges=[after, head])
    return ""


@reading_changes_nothing.broken_by
def reading_is_a_change(request: Request, answer: Answer) -> None:
    """Each time an item is read it is updated."""
    if answer.status == 200 and "updated_at" in answer.members:
        answer.put(updated_at=f"2026-01-02T03:04:{request.times('read') % 60:02}Z")


@reading_changes_nothing.broken_by
def head_is_not_found(request: Request, answer: Answer) -> None:
    """HEAD is answered 404."""
    answer.status = 404 if request.method == "HEAD" else answer.status


@reading_changes_nothing.broken_by
def head_is_empty(request: Request, answer: Answer) -> None:
    """HEAD says that there is no content."""
    answer.headers.update({"content-length": "0"} if request.method == "HEAD" else {})


def is_write(operation: Operation) -> bool:
    """It makes, changes or deletes what can be read."""
    return operation.method in ("PUT", "PATCH", "DELETE") or is_creator(operation)


@experiment("ERR-04", source="RFC 9110, section 15.5; RFC 5789, section 2", applies=is_write)
def refusals_change_nothing(operation: Operation, shelf: Shelf) -> str:
    """A write that is refused, whatever for, leaves everything as it was: no part of it is made."""
    visit, makes = shelf.visit(operation), is_creator(operation)
    lists, mark = marked(operation, shelf) if makes else ([], {})
    members = shelf.document.members(operation)
    if makes and not lists:
        return "not checked: no list has a filter by which what was made would be found"

    def state() -> list[Any]:
        if makes:
            return [sorted(map(str, shown(each, shelf, mark)[0])) for each in lists]
        found = shelf.read(visit)
        return [found.status, *((found.json() or {}).get(name) for name in members)]

    sent = {**shelf.samples.body(operation), **mark} if operation.method in ("POST", "PUT") else {}
    sent |= dict([change(operation, shelf, shelf.read(visit))]) if members and not makes else {}
    for reason, headers, body in refusals(operation, shelf, visit, sent, members):
        before = state()
        answer = shelf.call(visit, headers, body=body)
        if answer.status >= 400 and before != state():
            raise Violation(f"{reason}: {answer.status}, and made", expected="no effect", exchanges=[answer])
    return ""


def refusals(operation: Operation, shelf: Shelf, visit: Visit, sent: Any, members: Any) -> Iterator[Refusal]:
    """Yield requests that have to be refused, each with why."""
    tag = {"If-Match": "*"} if is_conditional_write(operation) else {}
    if tag:
        yield "no If-Match", {}, sent or None
        yield "a stale tag", {"If-Match": OTHER}, sent or None
    if not members:
        return
    yield "another media type", {**tag, "Content-Type": "text/unheard-of"}, sent
    yield "broken JSON", tag, json.dumps(sent).encode()[:-1]
    for name in [name for name in members if operation.method != "PATCH" or name not in sent][-1:]:
        yield f"'{name}' of another type", tag, {**sent, name: WRONG}
    for name, schema in list(operation.unique.items())[:1] if "409" in operation.responses else ():
        one, other = shelf.samples.twins(schema)
        creator = operation if is_creator(operation) else shelf.origin(operation)
        shelf.plant(creator, shelf.accounts.a, {f"/{name}": one})
        yield f"'{name}' taken", tag, {**sent, name: other}


def refused_after_all(wrong: object, status: int) -> Steps:
    answer = yield
    answer.become(status, {}, where=wrong and answer.status < 400)


@refusals_change_nothing.broken_by
def written_before_it_is_validated(request: Request) -> Steps:
    """What is valid of the content is written before the rest is found invalid."""
    bad = [request.take(name) for name, value in request.members.items() if value == WRONG]
    yield from refused_after_all(bad, 422)


@refusals_change_nothing.broken_by
def overwritten_and_told(request: Request) -> Steps:
    """A stale tag is noticed after the write."""
    stale = request.headers.get("if-match") == OTHER
    request.headers |= {"if-match": "*"} if stale else {}
    yield from refused_after_all(stale, 412)


@refusals_change_nothing.broken_by
def half_of_a_conflict_is_written(request: Request) -> Steps:
    """A change whose unique value is taken is made but for that value."""
    clash = request.take("isbn") if request.method in ("PUT", "PATCH") else None
    yield from refused_after_all(clash, 409)
