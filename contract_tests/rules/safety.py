"""Safety: reading changes nothing, and HEAD is GET without the content."""

import re

from ..accounts import succeeded, told
from ..fault import Answer, Request
from ..operation import Operation
from ..rule import Violation, experiment
from ..shelf import Shelf
from ..surfaces import reading

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
    caller = visit.caller if operation.secured else None
    before, sent = shelf.ask(visit, caller), [*(caller.headers() if caller else {}).items()]
    succeeded(before, "there is nothing to read")
    head, _ = (shelf.client.send(m, before.url.removeprefix(shelf.client.url), sent) for m in ("HEAD", "OPTIONS"))
    after = shelf.ask(visit, caller)
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
    request.memory["reads"] = request.memory.get("reads", 0) + 1
    if answer.status == 200 and "updated_at" in answer.members:
        answer.put(updated_at=f"2026-01-02T03:04:{request.memory['reads'] % 60:02}Z")


@reading_changes_nothing.broken_by
def head_is_not_found(request: Request, answer: Answer) -> None:
    """HEAD is answered 404."""
    answer.status = 404 if request.method == "HEAD" else answer.status


@reading_changes_nothing.broken_by
def head_is_empty(request: Request, answer: Answer) -> None:
    """HEAD says that there is no content."""
    answer.headers.update({"content-length": "0"} if request.method == "HEAD" else {})
