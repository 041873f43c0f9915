"""STATE-04: reads change nothing."""

import re

from bookplate import expect, experiment, fault, partly
from bookplate.contract import Operation, may_lag
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, prepare_read
from bookplate.wire import succeeded


def is_read(operation: Operation) -> bool:
    """It reads an item or a list, and its answers are never behind what was written."""
    shows_items = len(operation.path_parameters) > 0 or operation.pagination is not None
    return operation.method == "GET" and shows_items and not may_lag(operation)


@experiment("STATE-04", source="RFC 9110, sections 9.2.1 and 9.3.2", applies=is_read)
def test_reads_change_nothing(operation: Operation, resources: Resources) -> None:
    """
    After GET, HEAD and OPTIONS, a GET returns the same content; HEAD has the status and fields of GET, and no content.

    Whole numbers in the content are not compared: they may count how often it was read. HEAD may leave a field out, and
    a service may refuse it with 405 or 501.

    Why it matters: crawlers, caches and browsers send these methods on their own, and repeat them. If they change data,
    it changes although no user asked for that. Clients use HEAD to learn whether an item exists and how large it is.
    """
    prepared = prepare_read(resources, operation)
    before = succeeded(resources.call(prepared), "there is nothing to read")
    path = before.url.removeprefix(resources.client.url)
    fields = list(resources.client.required_fields(operation).items())
    credential = prepared.caller.credential_for(operation)

    head = resources.client.send("HEAD", path, fields, credential=credential)
    resources.client.send("OPTIONS", path, fields, credential=credential)

    after = resources.call(prepared)
    is_unchanged = without_counts(before.body) == without_counts(after.body)
    expect.that(is_unchanged, "it reads otherwise after it was read", expected="no change", shown=[before, head, after])
    if head.status in (405, 501):
        partly(f"HEAD is not offered: {head.describe()}", tested="GET and OPTIONS")
        return
    others = {name: head.header(name) for name in SAME_AS_GET if head.header(name) not in (None, after.header(name))}
    is_same = head.status == after.status and not head.body and not others
    observed = f"{head.describe()}, with {others or 'the fields of GET'} and {len(head.body)} bytes of content"
    expect.that(is_same, observed, expected="status and fields of GET, no content", shown=[after, head])


SAME_AS_GET = ("content-type", "content-length", "etag", "last-modified", "link")


def without_counts(text: bytes) -> bytes:
    """Return a body with 0 for each whole number, which may count how often it was read."""
    return re.sub(rb'":\s*\d+\b', b'":0', text)


@fault(test_reads_change_nothing)
def reading_is_a_change(request: Request, answer: Answer) -> None:
    """Each GET of an item moves its time of update."""
    if answer.status == 200 and "updated_at" in answer.members:
        answer.put(updated_at=f"2026-01-02T03:04:{request.times('read') % 60:02}Z")


@fault(test_reads_change_nothing)
def head_is_not_found(request: Request, answer: Answer) -> None:
    """HEAD is answered 404."""
    if request.method == "HEAD":
        answer.status = 404


@fault(test_reads_change_nothing)
def head_is_empty(request: Request, answer: Answer) -> None:
    """HEAD says that the content has no bytes."""
    if request.method == "HEAD":
        answer.headers["content-length"] = "0"
