"""COND-03: if match prevents lost updates."""

from bookplate import expect, experiment, fault
from bookplate.contract import Operation, is_conditional_write
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources

from ._shared import UNKNOWN_TAG, etag_of


@experiment("COND-03", source="RFC 9110, section 13.1.1; RFC 6585, section 3", applies=is_conditional_write)
def test_if_match_prevents_lost_updates(operation: Operation, resources: Resources) -> None:
    """
    A change without If-Match gets 428, one whose If-Match is not the current strong ETag gets 412; neither is made.

    Afterwards the current ETag still succeeds, which shows that nothing had changed. After this change the same ETag
    gets 412, where the answer shows a new one. A 428 or 412 that the document does not declare is not expected.

    Why it matters: when two users edit one item, the second save silently overwrites the first.
    """
    prepared = resources.prepare(operation)
    found = resources.read(prepared)
    tag = etag_of(found)

    refusals = (
        ("no If-Match", None, 428),
        ("the ETag of something else", UNKNOWN_TAG, 412),
        ("the current ETag made weak", f"W/{tag}", 412),
    )
    for name, sent, status in refusals:
        answer = resources.write(prepared, sent)
        if operation.documents(status):
            expect.status(status, answer, what=name, after=[found])

    changed = resources.write(prepared, tag)
    expect.success(changed, what="the current ETag", after=[found])

    if changed.header("etag") not in (None, tag):
        stale = resources.write(prepared, tag)
        expect.status(412, stale, what="an ETag that was current before", after=[changed])


@fault(test_if_match_prevents_lost_updates)
def any_tag_will_do(request: Request) -> None:
    """Every value of If-Match is accepted."""
    request.edit("if-match", ".+", "*")


@fault(test_if_match_prevents_lost_updates)
def nobody_needs_a_tag(request: Request) -> None:
    """Changes without If-Match are made."""
    if request.method in ("PUT", "PATCH", "DELETE"):
        request.headers.setdefault("if-match", "*")


@fault(test_if_match_prevents_lost_updates)
def weak_is_strong_enough(request: Request) -> None:
    """A weak ETag in If-Match matches the strong one."""
    request.edit("if-match", "^W/", "")


@fault(test_if_match_prevents_lost_updates, statuses=(412,))
def stale_is_a_conflict(request: Request, answer: Answer) -> None:
    """An ETag that is not current is answered 409."""
    answer.become(409)
