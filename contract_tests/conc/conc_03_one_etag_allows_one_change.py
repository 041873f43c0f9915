"""CONC-03: one etag allows one change."""

from functools import partial

from bookplate import NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, is_conditional_write
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Resources, change
from bookplate.wire import race

from ._shared import MAKERS

ROUNDS = 2


@experiment("CONC-03", source="RFC 9110, section 13.1.1", applies=is_conditional_write)
def test_one_etag_allows_one_change(operation: Operation, resources: Resources) -> None:
    """Of many different changes at once with one current If-Match exactly one is made, and the rest are 412."""
    prepared, deletes = resources.prepare(operation), operation.method == "DELETE"
    for _ in range(1 if deletes else ROUNDS):
        found = resources.read(prepared)
        if (tag := found.header("etag")) is None:
            raise NotChecked("what is to be changed has no ETag")
        rest = resources.samples.body(operation) if operation.method == "PUT" else {}
        changes = [{} if deletes else dict([change(operation, found, n)]) for n in range(MAKERS)]
        answers = race([partial(resources.write, prepared, tag, {**rest, **each} or None) for each in changes])
        won = [answer for answer in answers if 200 <= answer.status < 300]
        # Whoever comes too late to delete may find nothing, or not even be let in any more.
        late = (412, 401, 404, 410) if deletes else (412,)
        bad = [answer for answer in answers if answer not in won and answer.status not in late]
        if len(won) != 1 or bad:
            observed = f"{MAKERS} changes with one tag: {len(won)} succeeded{f', {bad[0].describe()}' if bad else ''}"
            raise Violation(observed, expected="one, and the rest 412", exchanges=[*won[:2], *bad[:1]])


@fault(test_one_etag_allows_one_change)
def tags_are_compared_before_the_lock(request: Request) -> Steps:
    """A tag that was current a moment ago is good for a second change."""
    seen = request.memory.setdefault("seen", set())
    if request.headers.get("if-match") in seen:
        request.headers["if-match"] = "*"
    answer = yield
    if request.method == "GET" and answer.status == 200:
        seen.add(answer.headers.get("etag"))


@fault(test_one_etag_allows_one_change, statuses=(412,))
def late_changes_are_errors(request: Request, answer: Answer) -> None:
    """What the store refuses because it came too late is an unhandled exception."""
    answer.become(500)
