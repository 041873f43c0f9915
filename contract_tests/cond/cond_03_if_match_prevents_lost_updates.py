"""COND-03: if match prevents lost updates."""

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, is_conditional_write
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources

from ._shared import OTHER


@experiment("COND-03", source="RFC 9110, section 13.1.1; RFC 6585, section 3", applies=is_conditional_write)
def test_if_match_prevents_lost_updates(operation: Operation, resources: Resources) -> None:
    """
    A change without If-Match is answered 428, with any tag but the current one 412, a weak one included, and not made.

    The current tag succeeds, which shows that nothing had changed, and is stale once it has.
    """
    prepared = resources.prepare(operation)
    found = resources.read(prepared)
    if (tag := found.header("etag")) is None:
        raise Violation("what is to be changed has no ETag", expected="an ETag", exchanges=[found])
    for name, sent, status in (
        ("no If-Match", None, "428"),
        ("the tag of something else", OTHER, "412"),
        ("the current tag made weak", f"W/{tag}", "412"),
    ):
        answer = resources.write(prepared, sent)
        if operation.documents(status) and str(answer.status) != status:
            raise Violation(f"{name}: {answer.describe()}", expected=status, exchanges=[found, answer])
    changed = resources.write(prepared, tag)
    if not 200 <= changed.status < 300:
        raise Violation(f"the current tag: {changed.describe()}", expected="success", exchanges=[found, changed])
    if changed.header("etag") not in (None, tag):
        stale = resources.write(prepared, tag)
        if stale.status != 412:
            raise Violation(
                f"a tag that was current before: {stale.describe()}", expected="412", exchanges=[changed, stale]
            )


@fault(test_if_match_prevents_lost_updates)
def any_tag_will_do(request: Request) -> None:
    """That there is an If-Match is enough."""
    request.edit("if-match", ".+", "*")


@fault(test_if_match_prevents_lost_updates)
def nobody_needs_a_tag(request: Request) -> None:
    """Changes without If-Match are made."""
    if request.method in ("PUT", "PATCH", "DELETE"):
        request.headers.setdefault("if-match", "*")


@fault(test_if_match_prevents_lost_updates)
def weak_is_strong_enough(request: Request) -> None:
    """Weak tags match."""
    request.edit("if-match", "^W/", "")


@fault(test_if_match_prevents_lost_updates, statuses=(412,))
def stale_is_a_conflict(request: Request, answer: Answer) -> None:
    """A tag that is not current is answered 409."""
    answer.become(409)
