"""STATE-04: reads change nothing."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bookplate import NotChecked, Violation, expect, experiment, fault, partly, rests_on, said
from bookplate.contract import Fact, Operation, Origin, may_lag
from bookplate.faults import Answer, Request
from bookplate.fixtures import (
    Item,
    PreparedRequest,
    Resources,
    User,
    Writing,
    act,
    actions_on,
    differences,
    parts_of,
    permitted_callers,
    prepare_read,
)
from bookplate.wire import Exchange, succeeded

Parts = Mapping[str, Any]


def is_read(operation: Operation) -> bool:
    """It reads an item or a list, and its answers are never behind what was written."""
    shows_items = len(operation.path_parameters) > 0 or operation.pagination is not None
    return operation.method == "GET" and shows_items and not may_lag(operation)


@experiment("STATE-04", source="RFC 9110, sections 9.2.1 and 9.3.2", applies=is_read)
def test_reads_change_nothing(operation: Operation, resources: Resources) -> None:
    """
    After GET, HEAD and OPTIONS, a GET returns the same content; HEAD has the status and fields of GET, and no content.

    A read by any user who may read undoes no change: neither a write nor an action, such as a POST that closes the item.
    What differs between two equal reads may count or date them, and is left out; only that members which requests set stay
    as they are is demanded. A member that is called after an update, and moves with each read, is advice. HEAD may leave a
    field out, and a service may refuse it with 405 or 501.

    Why it matters: crawlers, caches and browsers send these methods on their own, and repeat them. If they change data,
    it changes although no user asked for that. Clients use HEAD to learn whether an item exists and how large it is.

    To mend it: let reads write nothing that an answer shows, such as a time of last access. Answer HEAD by the
    handler of GET, with all its header fields, and leave the content out at the end.
    """
    prepared = prepare_read(resources, operation)
    for suspect, observer in pairs_of_readers(prepared, resources):
        expect_nothing_undone(prepared, suspect, observer, resources)
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
    differing = said(others) if others else "the fields of GET"
    observed = f"{head.describe()}, with {differing} and {len(head.body)} bytes of content"
    expect.that(is_same, observed, expected="status and fields of GET, no content", shown=[after, head])


# A field that differs between two GETs shows nothing.
SAME_AS_GET = ("content-type", "content-length", "etag", "last-modified", "link")
# What says that somebody has read the item may change with a read.
MARK_OF_A_READ = re.compile("seen|read|view|visit|new", re.IGNORECASE)
UPDATE = re.compile("updat|modif|chang|edit", re.IGNORECASE)


def expect_unchanged(answers: list[Exchange], prepared: PreparedRequest, resources: Resources) -> None:
    """Expect the last of these answers to show what those before it showed, but for what no request sets and each read moves."""
    first, before, *_, after = answers
    expect.equal(after.status, before.status, what="status after it was read", shown=answers)
    moved = set(differences(first.json(), after.json()))
    left = set(resources.moving.changes(before, after, partial(resources.call, prepared)))
    set_by_requests = names_in_requests(prepared.operation, resources)
    left |= {pointer for pointer in moved if last_name(pointer) in set_by_requests}
    observed = f"{first.method} {first.path} shows something else after it was read: {', '.join(sorted(left))}"
    expect.that(not left, observed, expected="no change", shown=answers)
    updates = sorted(pointer for pointer in moved if UPDATE.search(last_name(pointer)))
    if updates:
        evidence = f"{', '.join(updates)} is called after an update, and each read moves it"
        rests_on(Fact(updates, Origin.GUESSED, evidence))
        raise Violation(
            f"each {first.method} {first.path} changes {', '.join(updates)}",
            expected="no update by a read",
            exchanges=answers,
        )


def pairs_of_readers(prepared: PreparedRequest, resources: Resources) -> list[tuple[User, User]]:
    """Return each user who may read an item, with another one who looks whether that has changed it."""
    item = prepared.item
    if item is None or item.creator.role or resources.reader_of(item.creator) is None:
        return []
    readers = permitted_callers(resources, prepared.operation, item)
    return [(suspect, other) for suspect in readers for other in readers[::-1] if other is not suspect][: len(readers)]


def expect_nothing_undone(prepared: PreparedRequest, suspect: User, observer: User, resources: Resources) -> None:
    """Write items and do what can be done with them, and expect a read by one user to undo nothing that another one sees."""
    first = prepared.item
    reader = resources.reader_of(first.creator) if first else None
    if first is None or reader is None:
        return
    writers = writers_of(resources, reader)[:1]
    for change in [*writers, *actions_on(resources, first)]:
        item = resources.plant(first.creator, first.owner, parent=first.parent)
        request = replace(prepared, item=item, caller=suspect)
        look = partial(resources.call, PreparedRequest(reader, observer, item))
        reads = [resources.call(request), look()]  # what a first read marks is marked from now on
        try:
            reads.append(written_anew(change, item, resources) if change in writers else act(resources, change, item))
        except NotChecked as reason:
            partly(f"reads after a change: {reason}", tested="reads of what was made")
            continue
        reads += [look(), resources.call(request), look()]
        undone = undone_members(*(parts_of(reads[number]) for number in (1, 3, 5)))
        observed = f"a read has undone what {change.method} {change.path} did: {', '.join(undone)}"
        expect.that(not undone, observed, expected="no change by a read", shown=reads[1:])


def writers_of(resources: Resources, reader: Operation) -> list[Operation]:
    """Return the operations that change what another one reads."""
    others = resources.document.operations
    return [each for each in others if each.path == reader.path and each.method in ("PUT", "PATCH") and each.members]


def written_anew(writer: Operation, item: Item, resources: Resources) -> Exchange:
    """Give an item another value at one place."""
    writing = Writing(PreparedRequest(writer, resources.caller(writer, item), item), resources)
    changes = writing.changes()[:1]
    if not changes:
        raise NotChecked(f"{writer.id} changes nothing that reads show")
    return succeeded(writing.send(writing.content_with(changes[0])), "nothing was changed")


def undone_members(before: Parts, done: Parts, after: Parts) -> list[str]:
    """Return the members that a change has given another value, and that have the old one again."""
    return [
        place
        for place in sorted(before.keys() & done.keys() & after.keys())
        if before[place] != done[place] and after[place] == before[place]
        if not MARK_OF_A_READ.search(last_name(place))
    ]


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
