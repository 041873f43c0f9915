"""Conditions: copies that are still good, and changes that only the latest copy allows."""

import re
from contextlib import suppress
from itertools import pairwise

from ..accounts import succeeded, told
from ..exchange import Exchange
from ..fault import Answer, Request, Steps
from ..operation import Operation, is_conditional_read, is_conditional_write, is_creator
from ..rule import NotChecked, Violation, experiment
from ..shelf import Shelf, Visit
from ..surfaces import reading

WEAK = "W/{}"
OTHER = '"of-nothing-at-all"'
SAME_AS_200 = ("etag", "cache-control", "vary")
ATTEMPTS = 3
TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')


def has_versions(operation: Operation) -> bool:
    """It shows a tag where it succeeds, and what it shows is read, made or changed by it."""
    tagged = "ETag" in operation.responses.get(operation.success(), {}).get("headers", {})
    return tagged and (operation.method in ("GET", "PUT", "PATCH") or is_creator(operation))


@experiment("COND-01", source="RFC 9110, sections 8.8.1 and 8.8.3", applies=has_versions)
def tags_tell_versions_apart(operation: Operation, shelf: Shelf) -> None:
    """An ETag stays as long as nothing is written, differs once something is, and a strong one means the same bytes."""
    shown = versions(operation, shelf)
    tags = [answer.header("etag") or "" for answer in shown]
    if bare := [tag for tag in tags if TAG.fullmatch(tag) is None]:
        raise Violation(f"ETag '{bare[0]}'", expected='"..." or W/"..."', exchanges=shown)
    for one, other in pairwise(answer for answer in shown if answer.method == "GET"):
        etags, contents = len({one.header("etag"), other.header("etag")}), len({one.body, other.body})
        if etags != contents and not (etags == 1 and tags[0].startswith("W/")):
            raise Violation(f"{etags} ETags for {contents} contents", expected="as many of both", exchanges=shown)
    if shown[-2].method != "GET" and tags[-2] != tags[-1]:
        raise Violation("what was written is read with another ETag", expected=tags[-2], exchanges=shown)


def versions(operation: Operation, shelf: Shelf) -> list[Exchange]:
    """Return what an operation and its reader show, with a write in between, and without one."""
    if is_creator(operation):
        item = shelf.plant(operation, shelf.accounts.a)
        return [item.made, shelf.at_location(item)]
    visit = reading(shelf, operation) if operation.method == "GET" else shelf.visit(operation)
    shown = [shelf.call(visit) if operation.method == "GET" else shelf.read(visit)]
    shown.append(shelf.call(visit) if operation.method == "GET" else shelf.write(visit, shown[0].header("etag")))
    succeeded(shown[-1], "there are no versions")
    with suppress(NotChecked):  # where nothing can be planted, two answers have to do
        if operation.pagination and not (creator := shelf.creator_of(shelf.document.shown(operation))).auth_role:
            shelf.plant(creator, shelf.accounts.a, parent=visit.item if creator.path_parameters else None)
    return [*shown, shelf.call(visit) if operation.method == "GET" else shelf.read(visit)]


@experiment("COND-02", source="RFC 9110, sections 13.1.2 and 15.4.5", applies=is_conditional_read)
def a_good_copy_is_not_sent_again(operation: Operation, shelf: Shelf) -> None:
    """
    If-None-Match with the current ETag, alone, weak, in a list or as `*`, is answered 304 without content.

    ETag, Cache-Control and Vary are those of the 200. A tag of something else is answered 200.
    """
    visit = shelf.visit(operation)
    for form in ("{}", WEAK, f"{OTHER}, {{}}", "*"):
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
        whole = succeeded(shelf.call(visit), "there is nothing to hold a copy of")
        if (tag := whole.header("etag")) is None:
            raise Violation("the 200 has no ETag", expected="an ETag", exchanges=[whole])
        answer = shelf.call(visit, {"If-None-Match": form.format(tag.removeprefix("W/") if form == WEAK else tag)})
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
    if (tag := found.header("etag")) is None:
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
def copies_are_always_sent_again(request: Request) -> None:
    """If-None-Match is not looked at."""
    request.headers.pop("if-none-match", None)


@a_good_copy_is_not_sent_again.broken_by
def tags_are_compared_as_text(request: Request) -> None:
    """Lists, weak tags and `*` are no ETag of this server."""
    if not request.headers.get("if-none-match", "").startswith('"') or "," in request.headers["if-none-match"]:
        request.headers.pop("if-none-match", None)


@a_good_copy_is_not_sent_again.broken_by
def every_copy_is_good(request: Request, answer: Answer) -> None:
    """Whoever holds any copy is told that it is current."""
    if "if-none-match" in request.headers and answer.status == 200:
        answer.status, answer.body = 304, b""


@a_good_copy_is_not_sent_again.broken_at(304)
def the_304_is_bare(request: Request, answer: Answer) -> None:
    """304 comes without the validators."""
    answer.headers.pop("etag", None)


@only_the_latest_copy_can_be_changed.broken_by
def any_tag_will_do(request: Request) -> None:
    """That there is an If-Match is enough."""
    request.edit("if-match", ".+", "*")


@only_the_latest_copy_can_be_changed.broken_by
def nobody_needs_a_tag(request: Request) -> None:
    """Changes without If-Match are made."""
    if request.method in ("PUT", "PATCH", "DELETE"):
        request.headers.setdefault("if-match", "*")


@only_the_latest_copy_can_be_changed.broken_by
def weak_is_strong_enough(request: Request) -> None:
    """Weak tags match."""
    request.edit("if-match", "^W/", "")


@only_the_latest_copy_can_be_changed.broken_at(412)
def stale_is_a_conflict(request: Request, answer: Answer) -> None:
    """A tag that is not current is answered 409."""
    answer.become(409)


def retagged(request: Request, tag: str, body: bytes = b"") -> Steps:
    """Give what has an ETag another one."""
    request.edit("if-match", ".+", "*")
    answer = yield
    if "etag" in answer.headers:
        answer.headers["etag"], answer.body = tag, answer.body + body


@tags_tell_versions_apart.broken_by
def tags_are_rolled(request: Request) -> Steps:
    """Each answer has an ETag of its own."""
    yield from retagged(request, f'"{request.times("rolled")}"')


@tags_tell_versions_apart.broken_by
def tags_are_of_the_url(request: Request) -> Steps:
    """The ETag is made of the URL, and no write changes it."""
    yield from retagged(request, f'"{request.path}"')


@tags_tell_versions_apart.broken_by
def one_strong_tag_for_two_spellings(request: Request) -> Steps:
    """The same ETag stands on contents that differ in white space."""
    yield from retagged(request, '"one"', b" " * request.times("spaces"))


@tags_tell_versions_apart.broken_by
def tags_are_bare(request: Request) -> Steps:
    """ETags have no quotes."""
    yield from retagged(request, "bare")
