"""CONC-01: unique values have one owner."""

from collections.abc import Callable
from functools import partial

from bookplate import NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, is_claim
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources
from bookplate.wire import Exchange, race

from ._shared import MAKERS

CHANGERS = 4


@experiment("CONC-01", source="RFC 9110, section 15.5.10; x-unique", applies=is_claim)
def test_unique_values_have_one_owner(operation: Operation, resources: Resources) -> None:
    """
    Of many requests at once that claim one unique value in two spellings, exactly one succeeds and the rest are 409.

    Afterwards the value is taken in either spelling.
    """
    makes = operation.creates
    visits = (
        [resources.prepare(operation)] * MAKERS if makes else [resources.prepare(operation) for _ in range(CHANGERS)]
    )
    for name, schema in operation.unique.items():
        spellings = resources.samples.twins(schema)
        answers = race([claim(resources, prepared, {name: spellings[n % 2]}) for n, prepared in enumerate(visits)])
        won = [answer for answer in answers if 200 <= answer.status < 300]
        lost = [answer for answer in answers if answer not in won]
        claimed = f"'{name}', {len(answers)} claims at once"
        if len(won) > 1:
            raise Violation(f"{claimed}: {len(won)} succeeded", expected="one", exchanges=won[:2])
        if bad := [answer for answer in lost if answer.status != 409]:
            raise Violation(f"{claimed}: {bad[0].describe()}", expected="409", exchanges=[*won, bad[0]])
        if not won:
            raise NotChecked(f"{claimed}: all were refused, the value may have been taken before")
        loser = visits[answers.index(lost[0])]
        for spelling in spellings:
            late = claim(resources, loser, {name: spelling})()
            if late.status != 409:
                raise Violation(f"'{name}' taken again: {late.describe()}", expected="409", exchanges=[*won, late])


def claim(resources: Resources, prepared: PreparedRequest, claimed: dict[str, str]) -> Callable[[], Exchange]:
    """Return what sends a claim, with all that has to be read for it read before."""
    tag = None if prepared.operation.creates else resources.read(prepared).header("etag")
    return partial(resources.write, prepared, tag, {**resources.samples.body(prepared.operation), **claimed})


@fault(test_unique_values_have_one_owner, statuses=(409,))
def twice_is_not_noticed(request: Request, answer: Answer) -> None:
    """Of those who come too late the first is told that it was in time."""
    answer.become(201, {}, where=request.times("late") == 1)


@fault(test_unique_values_have_one_owner, statuses=(409,))
def another_spelling_is_another_value(request: Request, answer: Answer) -> None:
    """A value is compared letter by letter: in small letters, or without hyphens, it is free."""
    text = request.body.decode("utf-8", "replace")
    answer.become(201, {}, where=text.lower() == text or "-" not in text)


@fault(test_unique_values_have_one_owner, statuses=(409,))
def the_index_complains(request: Request, answer: Answer) -> None:
    """What the store refuses is an unhandled exception."""
    answer.become(500)
