"""Races: many at once, and what only one of them may have."""

from collections.abc import Generator
from functools import partial

from ..accounts import told
from ..client import race
from ..fault import Answer, Request
from ..operation import Operation, is_claim
from ..rule import NotChecked, Violation, experiment
from ..shelf import Shelf

MAKERS = 16
CHANGERS = 4


@experiment("CONC-01", source="RFC 9110, section 15.5.10; x-unique", applies=is_claim)
def one_value_has_one_owner(operation: Operation, shelf: Shelf) -> None:
    """
    Of many requests at once that claim one unique value in two spellings, exactly one succeeds and the rest are 409.

    Afterwards the value is taken in either spelling.
    """
    makes = "201" in operation.responses
    visits = [shelf.visit(operation)] * MAKERS if makes else [shelf.visit(operation) for _ in range(CHANGERS)]
    for name, schema in operation.unique.items():
        spellings = shelf.samples.twins(schema)
        claims = []
        for number, visit in enumerate(visits):
            tag = None if makes else shelf.read(visit).header("etag")
            body = {**shelf.samples.body(operation), name: spellings[number % 2]}
            claims.append(partial(shelf.write, visit, tag, body))
        answers = race(claims)

        won = [answer for answer in answers if 200 <= answer.status < 300]
        lost = [answer for answer in answers if answer not in won]
        claimed = f"'{name}', {len(answers)} claims at once"
        if len(won) > 1:
            raise Violation(f"{claimed}: {len(won)} succeeded", expected="one", exchanges=won[:2])
        if bad := [answer for answer in lost if answer.status != 409]:
            raise Violation(f"{claimed}: {told(bad[0])}", expected="409", exchanges=[*won, bad[0]])
        if not won:
            raise NotChecked(f"{claimed}: all were refused, the value may have been taken before")
        loser = visits[answers.index(lost[0])]
        for spelling in spellings:
            tag = None if makes else shelf.read(loser).header("etag")
            late = shelf.write(loser, tag, {**shelf.samples.body(operation), name: spelling})
            if late.status != 409:
                raise Violation(f"'{name}' taken again: {told(late)}", expected="409", exchanges=[*won, late])


@one_value_has_one_owner.broken_by
def twice_is_not_noticed(request: Request) -> Generator[None, Answer, None]:
    """Of those who come too late the first is told that it was in time."""
    answer = yield
    if answer.status == 409 and not request.memory.get("told"):
        request.memory["told"] = True
        answer.become(201, {})


@one_value_has_one_owner.broken_by
def another_spelling_is_another_value(request: Request) -> Generator[None, Answer, None]:
    """A value is compared letter by letter: in small letters, or without hyphens, it is free."""
    answer = yield
    text = request.body.decode("utf-8", "replace")
    if answer.status == 409 and (text.lower() == text or "-" not in text):
        answer.become(201, {})


@one_value_has_one_owner.broken_by
def the_index_complains(request: Request) -> Generator[None, Answer, None]:
    """What the store refuses is an unhandled exception."""
    answer = yield
    if answer.status == 409:
        answer.become(500)
