"""STATE-04: reads change nothing."""

import re

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, may_lag
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, reading
from bookplate.wire import succeeded

SAME = ("content-type", "content-length", "etag", "last-modified", "link")


def is_read(operation: Operation) -> bool:
    shows_items = operation.path_parameters or operation.pagination
    return operation.method == "GET" and bool(shows_items) and not may_lag(operation)


@experiment("STATE-04", source="RFC 9110, sections 9.2.1 and 9.3.2", applies=is_read)
def test_reads_change_nothing(operation: Operation, resources: Resources) -> str:
    """
    After GET, HEAD and OPTIONS everything reads as before, but for counts; HEAD is GET without the content.

    HEAD has the status of GET, and contradicts none of its headers.
    """
    prepared = reading(resources, operation)
    before = succeeded(resources.call(prepared), "there is nothing to read")
    url, sent = before.url.removeprefix(resources.client.url), prepared.caller.headers() if operation.secured else {}
    head, _ = (resources.client.send(method, url, [*sent.items()]) for method in ("HEAD", "OPTIONS"))
    after = resources.call(prepared)
    if without_counts(before.body) != without_counts(after.body):
        raise Violation("it reads otherwise after it was read", expected="no change", exchanges=[before, head, after])
    if head.status in (405, 501):
        return "HEAD is not offered"
    other = [name for name in SAME if head.header(name) not in (None, after.header(name))]
    if head.status != after.status or head.body or other:
        observed = f"{head.describe()}{f', {other[0]} {head.header(other[0])}' if other else ''}"
        raise Violation(observed, expected="status and headers of GET, no content", exchanges=[after, head])
    return ""


def without_counts(text: bytes) -> bytes:
    """Return a body without its whole numbers, which may count how often it was read."""
    return re.sub(rb'":\s*\d+\b', b'":0', text)


@fault(test_reads_change_nothing)
def reading_is_a_change(request: Request, answer: Answer) -> None:
    """Each time an item is read it is updated."""
    if answer.status == 200 and "updated_at" in answer.members:
        answer.put(updated_at=f"2026-01-02T03:04:{request.times('read') % 60:02}Z")


@fault(test_reads_change_nothing)
def head_is_not_found(request: Request, answer: Answer) -> None:
    """HEAD is answered 404."""
    answer.status = 404 if request.method == "HEAD" else answer.status


@fault(test_reads_change_nothing)
def head_is_empty(request: Request, answer: Answer) -> None:
    """HEAD says that there is no content."""
    answer.headers.update({"content-length": "0"} if request.method == "HEAD" else {})
