"""CONC-01: unique values have one owner."""

from collections.abc import Callable
from functools import partial

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, is_claim
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources
from bookplate.wire import Exchange, race

from ._shared import AT_ONCE

# Each change needs an item of its own, so there are fewer of them.
CHANGES_AT_ONCE = 4


@experiment("CONC-01", source="RFC 9110, section 15.5.10; x-unique", applies=is_claim)
def test_unique_values_have_one_owner(operation: Operation, resources: Resources) -> None:
    """
    When many concurrent requests claim one unique value in two spellings, exactly one succeeds and the rest get 409.

    Afterwards the value is taken: a later claim gets 409 in either spelling. Both spellings are those of `x-unique`.

    Why it matters: when two users click at once, both own the same email address or ISBN. Log-in and search then find
    the wrong one of the two, and the duplicate has to be repaired by hand.
    """
    requests = prepared_claims(operation, resources)
    for (name, schema), trial in expect.each(operation.unique.items()):
        with trial:
            spellings = resources.samples.equivalent(schema)

            claims = [claim(resources, each, name, spellings[number % 2]) for number, each in enumerate(requests)]
            answers = race(claims)

            won = [answer for answer in answers if 200 <= answer.status < 300]
            lost = [answer for answer in answers if answer not in won]
            claimed = f"'{name}', {len(answers)} claims at once"
            expect.that(len(won) <= 1, f"{claimed}: {len(won)} succeeded", expected="one", shown=won[:2])
            for answer in lost:
                expect.status(409, answer, what=claimed, after=won)
            if not won:
                raise NotChecked(f"{claimed}: all were refused, the value may have been taken before")
            loser = requests[answers.index(lost[0])]
            for spelling in spellings:
                late = claim(resources, loser, name, spelling)
                expect.status(409, late(), what=f"'{name}' taken again", after=won)


def prepared_claims(operation: Operation, resources: Resources) -> list[PreparedRequest]:
    """Return the requests to send at once: many creations, or changes of different items."""
    if operation.creates:
        if not operation.role:
            resources.plant(operation)  # where one alone is refused, many at once show nothing
        return [resources.prepare(operation)] * AT_ONCE
    return [resources.prepare(operation) for _ in range(CHANGES_AT_ONCE)]


def claim(resources: Resources, prepared: PreparedRequest, name: str, value: str) -> Callable[[], Exchange]:
    """Return a function that sends a claim; the ETag that it needs is read now."""
    tag = None if prepared.operation.creates else resources.read(prepared).header("etag")
    body = {**resources.samples.body(prepared.operation), name: value}
    return partial(resources.write, prepared, tag, body)


@fault(test_unique_values_have_one_owner, statuses=(409,))
def twice_is_not_noticed(request: Request, answer: Answer) -> None:
    """The first of the late claims succeeds too."""
    if request.times("late") == 1:
        answer.become(201, {})


@fault(test_unique_values_have_one_owner, statuses=(409,))
def another_spelling_is_another_value(request: Request, answer: Answer) -> None:
    """Values are compared letter by letter: the spelling in small letters, or without hyphens, is free."""
    text = request.body.decode("utf-8", "replace")
    if text.lower() == text or "-" not in text:
        answer.become(201, {})


@fault(test_unique_values_have_one_owner, statuses=(409,))
def the_index_complains(request: Request, answer: Answer) -> None:
    """A duplicate that the database refuses is an unhandled exception."""
    answer.become(500)
