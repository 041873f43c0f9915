"""Conditions: copies that are still good, and changes that only the latest copy allows."""

from collections.abc import Generator

from ..accounts import told
from ..exchange import Exchange
from ..fault import Answer, Request
from ..operation import Operation, is_conditional_read, is_conditional_write
from ..rule import NotChecked, Violation, experiment
from ..shelf import Shelf, Visit

OTHER = '"of-nothing-at-all"'
SAME_AS_200 = ("etag", "cache-control", "vary")
ATTEMPTS = 3


@experiment("COND-02", source="RFC 9110, sections 13.1.2 and 15.4.5", applies=is_conditional_read)
def a_good_copy_is_not_sent_again(operation: Operation, shelf: Shelf) -> None:
    """
    If-None-Match with the current ETag, alone, weak, in a list or as `*`, is answered 304 without content.

    ETag, Cache-Control and Vary are those of the 200. A tag of something else is answered 200.
    """
    visit = shelf.visit(operation)
    for form in ("{}", "W/{}", f"{OTHER}, {{}}", "*"):
        whole, answer = asked_again(shelf, visit, form)
        shown = [whole, answer]
        if answer.status != 304 or answer.body:
            raise Violation(f"If-None-Match {form.format('<ETag>')}: {told(answer)}", expected="304", exchanges=shown)
        for name in SAME_AS_200:
            if answer.header(name) != whole.header(name):
                observed = f"{name} is '{answer.header(name)}' in the 304"
                raise Violation(observed, expected=f"'{whole.header(name)}', as in the 200", exchanges=shown)
    other = shelf.call(visit, {"If-None-Match": OTHER})
    if other.status != 200:
        raise Violation(f"If-None-Match of something else: {told(other)}", expected="200", exchanges=[other])


def asked_again(shelf: Shelf, visit: Visit, form: str) -> tuple[Exchange, Exchange]:
    """Ask, and ask again with the tag of the answer; anew where the answer has changed in between."""
    for _ in range(ATTEMPTS):
        whole = shelf.call(visit)
        if whole.status != 200:
            raise NotChecked(f"there is nothing to hold a copy of: {told(whole)}")
        tag = whole.header("etag")
        if tag is None:
            raise Violation("the 200 has no ETag", expected="an ETag", exchanges=[whole])
        answer = shelf.call(visit, {"If-None-Match": form.format(tag)})
        if answer.status != 200 or answer.header("etag") == tag:
            break
    return whole, answer


@experiment("COND-03", source="RFC 9110, section 13.1.1; RFC 6585, section 3", applies=is_conditional_write)
def only_the_latest_copy_can_be_changed(operation: Operation, shelf: Shelf) -> None:
    """
    A change without If-Match is answered 428, with any tag but the current one 412, a weak one included, and not made.

    The current tag succeeds, which shows that nothing had changed, and is stale once it has.
    """
    visit = shelf.visit(operation)
    found = shelf.read(visit)
    tag = found.header("etag")
    if tag is None:
        raise Violation("what is to be changed has no ETag", expected="an ETag", exchanges=[found])
    for name, sent, status in (
        ("no If-Match", None, "428"),
        ("the tag of something else", OTHER, "412"),
        ("the current tag made weak", f"W/{tag}", "412"),
    ):
        answer = shelf.write(visit, sent)
        if status in operation.responses and str(answer.status) != status:
            raise Violation(f"{name}: {told(answer)}", expected=status, exchanges=[found, answer])
    changed = shelf.write(visit, tag)
    if not 200 <= changed.status < 300:
        raise Violation(f"the current tag: {told(changed)}", expected="success", exchanges=[found, changed])
    if changed.header("etag") not in (None, tag):
        stale = shelf.write(visit, tag)
        if stale.status != 412:
            raise Violation(f"a tag that was current before: {told(stale)}", expected="412", exchanges=[changed, stale])


@a_good_copy_is_not_sent_again.broken_by
def copies_are_always_sent_again(request: Request) -> Generator[None, Answer, None]:
    """If-None-Match is not looked at."""
    request.headers.pop("if-none-match", None)
    yield


@a_good_copy_is_not_sent_again.broken_by
def tags_are_compared_as_text(request: Request) -> Generator[None, Answer, None]:
    """Lists, weak tags and `*` are no ETag of this server."""
    if not request.headers.get("if-none-match", "").startswith('"') or "," in request.headers["if-none-match"]:
        request.headers.pop("if-none-match", None)
    yield


@a_good_copy_is_not_sent_again.broken_by
def every_copy_is_good(request: Request) -> Generator[None, Answer, None]:
    """Whoever holds any copy is told that it is current."""
    answer = yield
    if "if-none-match" in request.headers and answer.status == 200:
        answer.status, answer.body = 304, b""


@a_good_copy_is_not_sent_again.broken_by
def the_304_is_bare(request: Request) -> Generator[None, Answer, None]:
    """304 comes without the validators."""
    answer = yield
    if answer.status == 304:
        answer.headers.pop("etag", None)


@only_the_latest_copy_can_be_changed.broken_by
def any_tag_will_do(request: Request) -> Generator[None, Answer, None]:
    """That there is an If-Match is enough."""
    if "if-match" in request.headers:
        request.headers["if-match"] = "*"
    yield


@only_the_latest_copy_can_be_changed.broken_by
def nobody_needs_a_tag(request: Request) -> Generator[None, Answer, None]:
    """Changes without If-Match are made."""
    if request.method in ("PUT", "PATCH", "DELETE"):
        request.headers.setdefault("if-match", "*")
    yield


@only_the_latest_copy_can_be_changed.broken_by
def weak_is_strong_enough(request: Request) -> Generator[None, Answer, None]:
    """Weak tags match."""
    if "if-match" in request.headers:
        request.headers["if-match"] = request.headers["if-match"].removeprefix("W/")
    yield


@only_the_latest_copy_can_be_changed.broken_by
def stale_is_a_conflict(request: Request) -> Generator[None, Answer, None]:
    """A tag that is not current is answered 409."""
    answer = yield
    if answer.status == 412:
        answer.become(409)
