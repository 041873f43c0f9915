"""CACHE-05: stored answers equal fresh ones."""

import time
from functools import partial

from bookplate import expect, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, prepare_read
from bookplate.wire import Exchange, lifetime

# These have the same value in both answers, or are in neither.
SAME = ("content-type", "content-language", "cache-control", "vary", "link", "etag")
# These may differ, and be in one answer alone.
OF_EACH_ANSWER = {"age", "date", "cache-status"}


def is_stored(operation: Operation) -> bool:
    """The document lets the server keep its answers."""
    return operation.cache is not None


@experiment("CACHE-05", source="RFC 9111, sections 4 and 5.2; x-cache", applies=is_stored)
def test_stored_answers_equal_fresh_ones(operation: Operation, resources: Resources) -> None:
    """
    The second answer to a GET equals the first: same status, content, media type and header fields.

    Every declared header field is in both answers or in neither. Where `x-cache` declares `max-staleness`, content and ETag may
    differ. Members that differ between two equal reads in any case are left out. A client may use the answer without asking
    again for no longer than that lag. Where a new value of a filter makes a URL that was never asked for, its first answer
    is no hit (Cache-Status), and no Age is longer than the time since the first request. An Age grows while its answer is
    kept.

    Why it matters: a client that works with fresh answers breaks on stored ones, for example because the media type is
    missing. With too long a lifetime, browsers show old content and do not ask.

    To mend it: store the whole answer, with status, media type and header fields, and send the same bytes again.
    Compute `Age` from the time at which it was stored. Say `hit` in Cache-Status only where a stored answer was
    sent.
    """
    prepared = prepare_read(resources, operation)
    lag = (operation.cache.max_staleness or 0) if operation.cache else 0

    made = resources.call(prepared)
    again = resources.call(prepared)

    pair = [made, again]
    is_other_content = made.body != again.body
    moves = (
        is_other_content
        and made.json() != again.json()
        and not resources.moving.changes(made, again, partial(resources.call, prepared))
    )
    declared = operation.response(made.status).headers.keys()
    second = f"{again.summary()} at the second time"
    for name in sorted((declared | set(SAME)) - OF_EACH_ANSWER):
        one, other = made.header(name), again.header(name)
        may_differ = name not in SAME or ((lag or moves) and name == "etag")
        fits = (one is None) == (other is None) if may_differ else one == other
        expect.that(fits, f"{second} with {name}: {other or 'none'}", expected=f"{name}: {one or 'none'}", shown=pair)
    expect.equal(
        again.status, made.status, what=f"{made.method} {made.path}, asked for twice, has the second status", shown=pair
    )
    if not lag:
        expect.that(
            moves or not is_other_content,
            f"{second} with other content than before, and nothing was written",
            expected="the same content",
            shown=pair,
        )
    kept = lifetime(again)
    expect.that(
        kept <= lag,
        f"{again.summary()}, and may be used for {kept} s",
        expected=f"at most {lag} s, the declared max-staleness",
        shown=pair,
    )
    expect_true_ages(operation, resources)


def expect_true_ages(operation: Operation, resources: Resources) -> None:
    """Ask for a URL that nobody has asked for, and expect what its answers say of their past to be possible."""
    fresh = {name: f"Nobody {resources.samples.unique()}" for name in operation.text_filters}
    if not fresh:
        return
    prepared = prepare_read(resources, operation)
    ask = partial(resources.call, prepared, query=fresh)
    started = time.monotonic()
    first, second = ask(), ask()
    if first.status != 200:
        return

    status = first.header("cache-status") or ""
    is_hit = any("hit" in member.split(";")[1:] for member in status.replace(" ", "").split(","))
    expect.that(
        not is_hit,
        f"{first.summary()} with Cache-Status: {status}, although nobody had asked for it before",
        expected="no hit",
        shown=[first],
    )
    expect_possible_age(first, started)
    expect_possible_age(second, started)
    if not age_of(second):
        return
    # An answer that was made anew in between begins with another age; twice in a row that is no chance.
    ages = [age_of(second)]
    for pause in (2, 3):
        resources.client.admission.wait(pause)
        ages.append(age_of(ask()))
    expect.that(
        len(set(ages)) > 1,
        f"{second.summary()} with Age: {ages[0]}, and {ages[-1]} five seconds later",
        expected="a higher age",
        shown=[second],
    )


def age_of(answer: Exchange) -> int:
    """Return the seconds of Age; 0 where it is missing or no number."""
    text = answer.header("age") or ""
    return int(text) if text.isascii() and text.isdigit() else 0


def expect_possible_age(answer: Exchange, started: float) -> None:
    """Expect an answer to be no older than the first request for its URL; a second more is a matter of rounding."""
    most = int(time.monotonic() - started) + 1
    expect.that(
        age_of(answer) <= most,
        f"{answer.summary()} with Age: {age_of(answer)}",
        expected=f"at most {most}: nobody had asked before",
        shown=[answer],
    )


def is_from_the_store(answer: Answer) -> bool:
    return "hit" in answer.headers.get("cache-status", "")


@fault(test_stored_answers_equal_fresh_ones)
def hits_have_a_weak_tag(request: Request, answer: Answer) -> None:
    """A stored answer has a weak ETag in place of its strong one."""
    if is_from_the_store(answer):
        answer.headers["etag"] = 'W/"kept"'


@fault(test_stored_answers_equal_fresh_ones)
def hits_are_text(request: Request, answer: Answer) -> None:
    """A stored answer has the media type text/plain."""
    if is_from_the_store(answer):
        answer.headers["content-type"] = "text/plain"


@fault(test_stored_answers_equal_fresh_ones)
def hits_end_with_a_line(request: Request, answer: Answer) -> None:
    """A stored answer has a line break after its content."""
    if is_from_the_store(answer):
        answer.body += b"\n"


@fault(test_stored_answers_equal_fresh_ones)
def good_for_an_hour(request: Request, answer: Answer) -> None:
    """Every answer may be used for an hour without asking again."""
    answer.headers["cache-control"] = "public, max-age=3600"


@fault(test_stored_answers_equal_fresh_ones)
def first_answer_is_called_a_hit(request: Request, answer: Answer) -> None:
    """Cache-Status says that an answer was stored that nobody has asked for before."""
    answer.edit("cache-status", "fwd=[a-z-]+", "hit")


@fault(test_stored_answers_equal_fresh_ones)
def fresh_answers_have_an_age(request: Request, answer: Answer) -> None:
    """An answer that was made for this request is said to be half a minute old."""
    if answer.status == 200 and not is_from_the_store(answer):
        answer.headers["age"] = "30"


@fault(test_stored_answers_equal_fresh_ones)
def age_stands_still(request: Request, answer: Answer) -> None:
    """A stored answer has the same Age however long it is kept."""
    if is_from_the_store(answer):
        answer.headers["age"] = "1"


@fault(test_stored_answers_equal_fresh_ones)
def age_is_of_the_start(request: Request, answer: Answer) -> None:
    """A stored answer is said to be as old as the server."""
    if is_from_the_store(answer):
        answer.headers["age"] = "86400"
