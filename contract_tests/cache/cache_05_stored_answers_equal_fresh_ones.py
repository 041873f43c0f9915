"""CACHE-05: stored answers equal fresh ones."""

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, reading
from bookplate.wire import lifetime

SAME = ("content-type", "content-language", "cache-control", "vary", "link", "etag")


EACH = {"age", "date", "cache-status"}


@experiment("CACHE-05", source="RFC 9111, sections 4 and 5.2; x-cache", applies=lambda each: each.cache is not None)
def test_stored_answers_equal_fresh_ones(operation: Operation, resources: Resources) -> None:
    """
    The answer that was kept equals the one that was made: status, content, media type, and every header that has a say.

    It may be used without asking again for no longer than the declared lag.
    """
    prepared, lag = reading(resources, operation), (operation.cache.lag or 0) if operation.cache else 0
    made, again = pair = [resources.call(prepared) for _ in "12"]
    declared = operation.response(made.status).headers.keys()
    for name in sorted((declared | set(SAME)) - EACH):
        one, other = made.header(name), again.header(name)
        if (name in SAME and one != other and not (lag and name == "etag")) or (one is None) != (other is None):
            raise Violation(f"{name} is '{other}' at the second time", expected=f"'{one}'", exchanges=pair)
    if made.status != again.status or (made.body != again.body and not lag):
        raise Violation("status or content differ at the second time", expected="the same", exchanges=pair)
    if lifetime(again) > lag:
        raise Violation(f"may be used for {lifetime(again)} s", expected=f"the declared lag, {lag}", exchanges=pair)


def spoil(answer: Answer, body: bytes = b"", **headers: str) -> None:
    """Spoil an answer that was kept."""
    if "hit" in answer.headers.get("cache-status", ""):
        answer.body += body
        answer.headers |= {name.replace("_", "-"): value for name, value in headers.items()}


@fault(test_stored_answers_equal_fresh_ones)
def hits_have_a_weak_tag(request: Request, answer: Answer) -> None:
    """What is kept has lost its strong ETag."""
    spoil(answer, etag='W/"kept"')


@fault(test_stored_answers_equal_fresh_ones)
def hits_are_text(request: Request, answer: Answer) -> None:
    """What is kept has lost its media type."""
    spoil(answer, content_type="text/plain")


@fault(test_stored_answers_equal_fresh_ones)
def hits_end_with_a_line(request: Request, answer: Answer) -> None:
    """What is kept is written as a line."""
    spoil(answer, b"\n")


@fault(test_stored_answers_equal_fresh_ones)
def good_for_an_hour(request: Request, answer: Answer) -> None:
    """Answers may be used for an hour without asking again."""
    answer.headers["cache-control"] = "public, max-age=3600"
