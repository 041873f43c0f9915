"""STATE-04: reads change nothing."""

import re
from functools import partial

from bookplate import Violation, expect, experiment, fault, partly, rests_on
from bookplate.contract import Fact, Operation, Origin, may_lag
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, differences, prepare_read
from bookplate.wire import Exchange, succeeded


def is_read(operation: Operation) -> bool:
    """It reads an item or a list, and its answers are never behind what was written."""
    shows_items = len(operation.path_parameters) > 0 or operation.pagination is not None
    return operation.method == "GET" and shows_items and not may_lag(operation)


@experiment("STATE-04", source="RFC 9110, sections 9.2.1 and 9.3.2", applies=is_read)
def test_reads_change_nothing(operation: Operation, resources: Resources) -> None:
    """
    After GET, HEAD and OPTIONS, a GET returns the same content; HEAD has the status and fields of GET, and no content.

    What differs between two equal reads may count or date them, and is left out; only that members which requests set stay
    as they are is demanded. A member that is called after an update, and moves with each read, is advice. HEAD may leave a
    field out, and a service may refuse it with 405 or 501.

    Why it matters: crawlers, caches and browsers send these methods on their own, and repeat them. If they change data,
    it changes although no user asked for that. Clients use HEAD to learn whether an item exists and how large it is.
    """
    prepared = prepare_read(resources, operation)
    first = succeeded(resources.call(prepared), "there is nothing to read")
    before = resources.call(prepared)
    path = before.url.removeprefix(resources.client.url)
    fields = list(resources.client.required_fields(operation).items())
    credential = prepared.caller.credential_for(operation)

    head = resources.client.send("HEAD", path, fields, credential=credential)
    resources.client.send("OPTIONS", path, fields, credential=credential)

    after = resources.call(prepared)
    expect_unchanged([first, before, head, after], prepared, resources)
    if head.status in (405, 501):
        partly(f"HEAD is not offered: {head.describe()}", tested="GET and OPTIONS")
        return
    stable = [name for name in SAME_AS_GET if before.header(name) == after.header(name)]
    others = {name: head.header(name) for name in stable if head.header(name) not in (None, after.header(name))}
    is_same = head.status == after.status and not head.body and not others
    observed = f"{head.describe()}, with {others or 'the fields of GET'} and {len(head.body)} bytes of content"
    expect.that(is_same, observed, expected="status and fields of GET, no content", shown=[after, head])


# A field that differs between two GETs shows nothing.
SAME_AS_GET = ("content-type", "content-length", "etag", "last-modified", "link")
UPDATE = re.compile("updat|modif|chang|edit", re.IGNORECASE)


def expect_unchanged(answers: list[Exchange], prepared: PreparedRequest, resources: Resources) -> None:
    """Expect the last of these answers to show what those before it showed, but for what no request sets and each read moves."""
    first, before, *_, after = answers
    expect.equal(after.status, before.status, what="status after it was read", shown=answers)
    moved = set(differences(first.json(), after.json()))
    left = set(resources.moving.changes(before, after, partial(resources.call, prepared)))
    set_by_requests = names_in_requests(prepared.operation, resources)
    left |= {pointer for pointer in moved if last_name(pointer) in set_by_requests}
    observed = f"it reads otherwise after it was read: {', '.join(sorted(left))}"
    expect.that(not left, observed, expected="no change", shown=answers)
    updates = sorted(pointer for pointer in moved if UPDATE.search(last_name(pointer)))
    if updates:
        evidence = f"{', '.join(updates)} is called after an update, and each read moves it"
        rests_on(Fact(updates, Origin.GUESSED, evidence))
        raise Violation(evidence, expected="no update by a read", exchanges=answers)


def last_name(pointer: str) -> str:
    return pointer.rpartition("/")[2]


def names_in_requests(operation: Operation, resources: Resources) -> set[str]:
    """Return the members that requests set in what an operation shows: those that make it or change it."""
    changing = [
        each
        for each in resources.document.operations
        if each.path == operation.path
        or (each.creates and each.created is not None and each.created == operation.shown)
    ]
    return {name for each in changing for name in each.members}


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
