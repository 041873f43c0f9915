"""COND-02: if none match saves the body."""

from bookplate import expect, experiment, fault
from bookplate.contract import Operation, is_conditional_read
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources
from bookplate.wire import Exchange, succeeded

from ._shared import UNKNOWN_TAG, etag_of

# Forms of If-None-Match; {} stands for the current ETag.
WEAK = "W/{}"
FORMS = ("{}", WEAK, f"{UNKNOWN_TAG}, {{}}", "*")
SAME_AS_200 = ("etag", "cache-control", "vary")


@experiment("COND-02", source="RFC 9110, sections 13.1.2 and 15.4.5", applies=is_conditional_read)
def test_if_none_match_saves_the_body(operation: Operation, resources: Resources) -> None:
    """
    A GET whose If-None-Match has the current ETag, alone, weak, in a list, or is `*`, gets 304 without content.

    ETag, Cache-Control and Vary of the 304 are those of the 200. An ETag of something else gets 200.

    Why it matters: without the 304 each copy is loaded again, although nothing has changed. With a wrong 304 the client
    keeps showing content that is out of date.
    """
    prepared = resources.prepare(operation)

    for form, trial in expect.each(FORMS):
        with trial:
            whole, answer = ask_again(resources, prepared, form)
            named = f"If-None-Match {form.format('<ETag>')}"
            expect.status(304, answer, what=named, after=[whole])
            expect.that(not answer.body, f"{named}: the 304 has content", expected="no content", shown=[whole, answer])
            for name in SAME_AS_200:
                expect.equal(answer.header(name), whole.header(name), what=f"{name} of the 304", shown=[whole, answer])

    other = resources.call(prepared, {"If-None-Match": UNKNOWN_TAG})
    expect.status(200, other, what="If-None-Match of something else")


def ask_again(resources: Resources, prepared: PreparedRequest, form: str) -> tuple[Exchange, Exchange]:
    """Ask, and ask again with the ETag of the answer; up to three times where the content changes in between."""
    for _ in range(3):
        whole = succeeded(resources.call(prepared), "there is nothing to hold a copy of")
        tag = etag_of(whole)
        sent = tag.removeprefix("W/") if form == WEAK else tag
        answer = resources.call(prepared, {"If-None-Match": form.format(sent)})
        if answer.status != 200 or answer.header("etag") == tag:
            break
    return whole, answer


@fault(test_if_none_match_saves_the_body)
def copies_are_always_sent_again(request: Request) -> None:
    """If-None-Match is ignored."""
    request.headers.pop("if-none-match", None)


@fault(test_if_none_match_saves_the_body)
def tags_are_compared_as_text(request: Request) -> None:
    """If-None-Match is compared as text: a list, a weak ETag and `*` never match."""
    value = request.headers.get("if-none-match", "")
    if not value.startswith('"') or "," in value:
        request.headers.pop("if-none-match", None)


@fault(test_if_none_match_saves_the_body)
def every_copy_is_good(request: Request, answer: Answer) -> None:
    """Every If-None-Match is answered 304, whatever ETag it has."""
    if "if-none-match" in request.headers and answer.status == 200:
        answer.status = 304
        answer.body = b""


@fault(test_if_none_match_saves_the_body, statuses=(304,))
def the_304_is_bare(request: Request, answer: Answer) -> None:
    """A 304 has no ETag."""
    answer.headers.pop("etag", None)
