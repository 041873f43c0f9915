"""COND-02: if none match saves the body."""

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, is_conditional_read
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources
from bookplate.wire import Exchange, succeeded

from ._shared import OTHER

WEAK = "W/{}"


SAME_AS_200 = ("etag", "cache-control", "vary")


ATTEMPTS = 3


@experiment("COND-02", source="RFC 9110, sections 13.1.2 and 15.4.5", applies=is_conditional_read)
def test_if_none_match_saves_the_body(operation: Operation, resources: Resources) -> None:
    """
    If-None-Match with the current ETag, alone, weak, in a list or as `*`, is answered 304 without content.

    ETag, Cache-Control and Vary are those of the 200. A tag of something else is answered 200.
    """
    prepared = resources.prepare(operation)
    for form in ("{}", WEAK, f"{OTHER}, {{}}", "*"):
        whole, answer = asked_again(resources, prepared, form)
        shown = [whole, answer]
        if answer.status != 304 or answer.body:
            raise Violation(
                f"If-None-Match {form.format('<ETag>')}: {answer.describe()}", expected="304", exchanges=shown
            )
        for name in SAME_AS_200:
            if answer.header(name) != whole.header(name):
                observed = f"{name} is '{answer.header(name)}' in the 304"
                raise Violation(observed, expected=f"'{whole.header(name)}', as in the 200", exchanges=shown)
    other = resources.call(prepared, {"If-None-Match": OTHER})
    if other.status != 200:
        raise Violation(f"If-None-Match of something else: {other.describe()}", expected="200", exchanges=[other])


def asked_again(resources: Resources, prepared: PreparedRequest, form: str) -> tuple[Exchange, Exchange]:
    """Ask, and ask again with the tag of the answer; anew where the answer has changed in between."""
    for _ in range(ATTEMPTS):
        whole = succeeded(resources.call(prepared), "there is nothing to hold a copy of")
        if (tag := whole.header("etag")) is None:
            raise Violation("the 200 has no ETag", expected="an ETag", exchanges=[whole])
        answer = resources.call(
            prepared, {"If-None-Match": form.format(tag.removeprefix("W/") if form == WEAK else tag)}
        )
        if answer.status != 200 or answer.header("etag") == tag:
            break
    return whole, answer


@fault(test_if_none_match_saves_the_body)
def copies_are_always_sent_again(request: Request) -> None:
    """If-None-Match is not looked at."""
    request.headers.pop("if-none-match", None)


@fault(test_if_none_match_saves_the_body)
def tags_are_compared_as_text(request: Request) -> None:
    """Lists, weak tags and `*` are no ETag of this server."""
    if not request.headers.get("if-none-match", "").startswith('"') or "," in request.headers["if-none-match"]:
        request.headers.pop("if-none-match", None)


@fault(test_if_none_match_saves_the_body)
def every_copy_is_good(request: Request, answer: Answer) -> None:
    """Whoever holds any copy is told that it is current."""
    if "if-none-match" in request.headers and answer.status == 200:
        answer.status, answer.body = 304, b""


@fault(test_if_none_match_saves_the_body, statuses=(304,))
def the_304_is_bare(request: Request, answer: Answer) -> None:
    """304 comes without the validators."""
    answer.headers.pop("etag", None)
