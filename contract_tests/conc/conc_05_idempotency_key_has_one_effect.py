"""CONC-05: idempotency key has one effect."""

from dataclasses import replace

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources
from bookplate.wire import Exchange, race, succeeded

HEADER = "Idempotency-Key"


def takes_keys(operation: Operation) -> bool:
    return operation.has_parameter(HEADER, "header")


@experiment("CONC-05", source="draft-ietf-httpapi-idempotency-key-header-07", applies=takes_keys)
def test_idempotency_key_has_one_effect(operation: Operation, resources: Resources) -> None:
    """
    A repeated key is answered as the first time, with other content 422, and from another caller it is another key.

    Of many at once one takes effect; the rest get its answer or 409.
    """
    prepared, content = resources.prepare(operation), resources.samples.body(operation)
    text = next((name for name, value in content.items() if isinstance(value, str)), "")
    key, late = ({HEADER: resources.samples.unique()} for _ in range(2))
    first = succeeded(resources.call(prepared, key, body=content), "there is no effect to be had once")
    again = resources.call(prepared, key, body=content)
    judge(same(again, first), "the same again", first, again, f"{first.status}, as before")
    if text:
        changed = resources.call(prepared, key, body={**content, text: f"{content[text]}x"})
        judge(changed.status == 422, "other content", first, changed, "422")
    if operation.secured:
        foreign = resources.call(replace(prepared, caller=resources.users.stranger), key, body=content)
        judge(not same(foreign, first), "another caller's key", first, foreign, "an answer of its own")
    content = resources.samples.body(operation)
    for answer in (answers := race([lambda: resources.call(prepared, late, body=content)] * 6)):
        one = max(answers, key=lambda answer: answer.status < 300)
        judge(answer.status == 409 or same(answer, one), "at once", one, answer, "409 or the same answer")


def same(one: Exchange, other: Exchange) -> bool:
    return (one.status, one.json()) == (other.status, other.json())


def judge(fine: bool, what: str, first: Exchange, answer: Exchange, expected: str) -> None:
    if not fine:
        raise Violation(f"{what}: {answer.describe()}", expected=expected, exchanges=[first, answer])


@fault(test_idempotency_key_has_one_effect)
def keys_are_ignored(request: Request) -> None:
    """Each request makes something, whatever its key."""
    request.headers.pop("idempotency-key", None)


@fault(test_idempotency_key_has_one_effect, statuses=(422,))
def content_is_not_compared(request: Request, answer: Answer) -> None:
    """A key with other content is taken for the first request."""
    answer.become(201, {}, where="idempotency-key" in request.headers)


@fault(test_idempotency_key_has_one_effect)
def replay_has_another_status(request: Request, answer: Answer) -> None:
    """Repeating a creation is answered 200."""
    if "idempotent-replayed" in answer.headers:
        answer.status = 200


@fault(test_idempotency_key_has_one_effect)
def losers_of_a_race_crash(request: Request, answer: Answer) -> None:
    """A key in flight is an error of the store."""
    answer.become(500, where="idempotent-replayed" in answer.headers or answer.status == 409)
