"""Idempotency: one key, one effect, one answer."""

from dataclasses import replace

from ..accounts import succeeded, told
from ..client import race
from ..exchange import Exchange
from ..fault import Answer, Request
from ..operation import Operation
from ..rule import Violation, experiment
from ..shelf import Shelf

HEADER = "Idempotency-Key"


def takes_keys(operation: Operation) -> bool:
    return operation.has_parameter(HEADER, "header")


@experiment("CONC-05", source="draft-ietf-httpapi-idempotency-key-header-07", applies=takes_keys)
def one_key_has_one_effect(operation: Operation, shelf: Shelf) -> None:
    """
    A repeated key is answered as the first time, with other content 422, and from another caller it is another key.

    Of many at once one takes effect; the rest get its answer or 409.
    """
    visit, content = shelf.visit(operation), shelf.samples.body(operation)
    text = next((name for name, value in content.items() if isinstance(value, str)), "")
    key, late = ({HEADER: shelf.samples.unique()} for _ in range(2))
    first = succeeded(shelf.call(visit, key, body=content), "there is no effect to be had once")
    again = shelf.call(visit, key, body=content)
    judge(same(again, first), "the same again", first, again, f"{first.status}, as before")
    if text:
        changed = shelf.call(visit, key, body={**content, text: f"{content[text]}x"})
        judge(changed.status == 422, "other content", first, changed, "422")
    if operation.secured:
        foreign = shelf.call(replace(visit, caller=shelf.accounts.b), key, body=content)
        judge(not same(foreign, first), "another caller's key", first, foreign, "an answer of its own")
    content = shelf.samples.body(operation)
    for answer in (answers := race([lambda: shelf.call(visit, late, body=content)] * 6)):
        one = max(answers, key=lambda answer: answer.status < 300)
        judge(answer.status == 409 or same(answer, one), "at once", one, answer, "409 or the same answer")


def same(one: Exchange, other: Exchange) -> bool:
    return (one.status, one.json()) == (other.status, other.json())


def judge(fine: bool, what: str, first: Exchange, answer: Exchange, expected: str) -> None:
    if not fine:
        raise Violation(f"{what}: {told(answer)}", expected=expected, exchanges=[first, answer])


@one_key_has_one_effect.broken_by
def keys_are_ignored(request: Request) -> None:
    """Each request makes something, whatever its key."""
    request.headers.pop("idempotency-key", None)


@one_key_has_one_effect.broken_by
def content_is_not_compared(request: Request, answer: Answer) -> None:
    """A key with other content is taken for the first request."""
    if answer.status == 422 and "idempotency-key" in request.headers:
        answer.become(201, {})


@one_key_has_one_effect.broken_by
def replay_has_another_status(request: Request, answer: Answer) -> None:
    """Repeating a creation is answered 200."""
    if "idempotent-replayed" in answer.headers:
        answer.status = 200


@one_key_has_one_effect.broken_by
def losers_of_a_race_crash(request: Request, answer: Answer) -> None:
    """A key in flight is an error of the store."""
    if "idempotent-replayed" in answer.headers or answer.status == 409:
        answer.become(500)
