"""CONC-06: equal requests at once have one effect."""

from functools import partial

from bookplate import control, expect, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, is_announced_pause
from bookplate.wire import Exchange, race

from ._shared import AT_ONCE


def is_idempotent_write(operation: Operation) -> bool:
    """It sets or deletes an item that its path names, so that once is as good as often."""
    is_write = operation.method in ("PUT", "DELETE") and bool(operation.path_parameters)
    return is_write and not operation.role and not operation.names_what_it_makes


@experiment("CONC-06", source="RFC 9110, sections 9.2.2, 15.6.1 and 15.6.4", applies=is_idempotent_write)
def test_equal_requests_at_once_have_one_effect(operation: Operation, resources: Resources) -> None:
    """
    When a PUT or DELETE is sent sixteen times at once, none is answered 5xx, one succeeds, and the item is as after one.

    The others may succeed too, or be refused for a conflict, a precondition, or as what is gone is refused. A 503 that the
    document has, with Retry-After, is no error: the service is busy, and says when to come back.

    Why it matters: clients that get no answer in time send again, and users click twice. Where two equal requests get in
    each other's way, the service answers with an error although all is well, or damages the item.

    To mend it: lock the row, or compare its version, for as long as the write takes. What the database says of a
    lost race becomes a 404, 409 or 412, never a 500. Try again where the database reports a deadlock.
    """
    alone = resources.prepare(operation)
    body = resources.samples.body(operation) if operation.body is not None else None
    once = resources.write(alone, tag_of(resources.read(alone)), body)
    control(once, "many requests at once")
    after_one = resources.read(alone)
    prepared = resources.prepare(operation)
    tag = tag_of(resources.read(prepared))

    answers = race([partial(resources.write, prepared, tag, body)] * AT_ONCE)

    for answer in answers:
        if not is_announced_pause(answer, operation):
            others = [each for each in answers if each is not answer]
            expect.no_server_error(answer, what=f"one of {AT_ONCE} equal requests at once", after=others)
    done = [answer for answer in answers if answer.status < 300]
    expect.that(
        bool(done), f"none of {AT_ONCE} equal requests succeeds", expected="one at least", shown=[once, *answers]
    )
    after = resources.read(prepared)
    expect.equal(after.status, after_one.status, what="status of the item afterwards", shown=[after_one, after])


def tag_of(answer: Exchange) -> str | None:
    return answer.header("etag")


@fault(test_equal_requests_at_once_have_one_effect)
def the_second_crashes(request: Request, answer: Answer) -> None:
    """A write of an item that is being written ends in an unhandled exception."""
    if request.method in ("PUT", "DELETE") and request.times((request.method, request.path)) > 1:
        answer.become(500)


@fault(test_equal_requests_at_once_have_one_effect)
def none_succeeds(request: Request, answer: Answer) -> None:
    """Equal requests in a row exclude each other."""
    if request.method in ("PUT", "DELETE") and request.times("writes") > 1:
        answer.become(409)
