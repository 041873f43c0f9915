"""CONC-03: one etag allows one change."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from bookplate import NotChecked, control, expect, experiment, fault
from bookplate.contract import Operation, is_conditional_write
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Resources, busy, changed_member, require_condition, without_pauses
from bookplate.wire import Exchange, race

from ._shared import AT_ONCE

ROUNDS = 2


@experiment("CONC-03", source="RFC 9110, section 13.1.1", applies=is_conditional_write)
def test_one_etag_allows_one_change(operation: Operation, resources: Resources) -> None:
    """
    When many different changes are sent at once with the current ETag in If-Match, one succeeds and the rest get 412.

    A late deletion may also find nothing (404, 410, or what the next one gets), or no longer be authorized (401).
    Where changes leave the ETag as it was, such as deletions of nothing, it is good for the next one. A documented 503
    with Retry-After shows nothing: the service is busy, and says when to come back.

    Why it matters: two users save at once. Both get a success, and one of the changes is lost.

    To mend it: compare the version in the write itself: `UPDATE ... WHERE id = ? AND version = ?`, and answer 412
    where it has changed no row. A look at the ETag before the write lets two changes pass.
    """
    require_condition(operation, resources)
    prepared = resources.prepare(operation)
    deletes = operation.method == "DELETE"
    refusals = (412, 401, 404, 410) if deletes else (412,)

    for _ in range(1 if deletes else ROUNDS):
        found = resources.read(prepared)
        tag = found.header("etag")
        if tag is None:
            raise NotChecked("what is to be changed has no ETag")
        bodies = different_bodies(operation, resources, found)

        raced = race([partial(resources.write, prepared, tag, body) for body in bodies])
        answers = without_pauses(raced, operation)

        won = [answer for answer in answers if 200 <= answer.status < 300]
        if all(400 <= answer.status < 500 and answer.status != 412 for answer in answers):
            raise NotChecked(f"it is refused as it is: {answers[0].describe()}")
        if not won and all(answer.status in refusals for answer in answers):
            require_that_one_was_due(operation, resources, pauses=[each for each in raced if each not in answers])
        if len(won) > 1 and resources.read(prepared).header("etag") == tag:
            raise NotChecked("what is changed keeps its ETag, so that it is good for the next change")
        if deletes and won:
            refusals = (*refusals, *refusal_of(resources.write(prepared, tag, None)))
        observed = f"{len(answers)} changes with one ETag: {len(won)} succeeded"
        bad = [answer for answer in answers if answer not in won and answer.status not in refusals]
        expect.that(len(won) == 1, observed, expected="one, and the rest 412", shown=[*won[:2], *bad[:1]])
        for answer in bad:
            expect.status(refusals, answer, what=observed, after=won)


def require_that_one_was_due(operation: Operation, resources: Resources, pauses: Sequence[Exchange]) -> None:
    """
    Send one change with the current ETag, on a fresh resource; NotChecked where it is refused: each read may move the ETag.

    So it is where one of the changes met a pause: that one may have been the first.
    """
    if pauses:
        raise busy(pauses[0])
    fresh = resources.prepare(operation)
    found = resources.read(fresh)
    body = different_bodies(operation, resources, found)[0]
    control(resources.write(fresh, found.header("etag"), body), "a change with an ETag that another one has used up")


def refusal_of(answer: Exchange) -> tuple[int, ...]:
    """Return the status with which a deletion of what is gone was refused; none where it was not refused."""
    return (answer.status,) if 400 <= answer.status < 500 else ()


def different_bodies(operation: Operation, resources: Resources, found: Exchange) -> list[dict[str, Any] | None]:
    """Return a body for each request: each changes a member of what was found to another value; None for a deletion."""
    if operation.method == "DELETE":
        return [None] * AT_ONCE
    rest = resources.samples.body(operation) if operation.method == "PUT" else {}
    changes = [changed_member(operation, found, number) for number in range(AT_ONCE)]
    return [{**rest, name: value} for name, value in changes]


@fault(test_one_etag_allows_one_change)
def tags_are_compared_before_the_lock(request: Request) -> Steps:
    """An ETag that was current a moment ago is good for a second change."""
    known = request.memory.setdefault("known", set())
    if request.headers.get("if-match") in known:
        request.headers["if-match"] = "*"
    answer = yield
    if request.method == "GET" and answer.status == 200:
        known.add(answer.headers.get("etag"))


@fault(test_one_etag_allows_one_change, statuses=(412,))
def late_changes_are_errors(request: Request, answer: Answer) -> None:
    """A change that comes too late is an unhandled exception of the store."""
    answer.become(500)
