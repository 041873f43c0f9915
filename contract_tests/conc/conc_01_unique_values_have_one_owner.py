"""CONC-01: unique values have one owner."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, is_claim
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, members_of, without_pauses
from bookplate.wire import Exchange, race

from ._shared import AT_ONCE

# Each change needs an item of its own, so there are fewer of them.
CHANGES_AT_ONCE = 4


@experiment("CONC-01", source="RFC 9110, section 15.5.10; x-unique", applies=is_claim)
def test_unique_values_have_one_owner(operation: Operation, resources: Resources) -> None:
    """
    When many concurrent requests claim one unique value in two spellings, exactly one succeeds and the rest get 409.

    The claims come from two accounts by turns, where accounts make such items. Several that succeed are one where they are
    one account's and show one item. Afterwards the value is taken: a later claim of another account gets 409 in either
    spelling. Both spellings are those of `x-unique`. Where no 409 is documented, another 4xx is as good. A member that is
    only called so, such as `email`, is tried where a second claim of its value is refused. A documented 503 with
    Retry-After shows nothing: the service is busy, and says when to come back.

    Why it matters: when two users click at once, both own the same email address or ISBN. Log-in and search then find
    the wrong one of the two, and the duplicate has to be repaired by hand.

    To mend it: let a unique index of the database decide, on the value in its one form, and not a look before the
    write. Catch the error of the index where the write is sent, and answer 409.
    """
    refusals = (409,) if operation.documents(409) else range(400, 500)
    requests = prepared_claims(operation, resources)
    for (name, schema), trial in expect.each(operation.unique.items()):
        with trial:
            require_conflict(operation, resources, requests, name)
            spellings = resources.samples.equivalent(schema)

            claims = [claim(resources, each, name, spellings[number // 2 % 2]) for number, each in enumerate(requests)]
            answers = race(claims)

            judged = without_pauses(answers, operation)
            made = [(each, answer) for each, answer in zip(requests, answers, strict=True) if answer in judged]
            won = [(each, answer) for each, answer in made if is_success(answer)]
            winners = [answer for _, answer in won]
            lost = [(each, answer) for each, answer in made if not is_success(answer)]
            claimed = f"{len(judged)} requests at once for one value of '{name}', which is unique"
            if not won and all(answer.status < 500 for answer in judged):
                raise NotChecked(f"{claimed}: all were refused, the value may have been taken before")
            is_one = len(won) <= 1 or are_one_claim(won, resources)
            expect.that(is_one, f"{claimed}: {len(won)} succeeded", expected="that one succeeds", shown=winners[:2])
            for _, answer in lost:
                expect.status(refusals, answer, what=claimed, after=winners[:1])
            loser = loser_of_another_account(lost, won)
            for spelling in spellings:
                late = claim(resources, loser, name, spelling)
                expect.status(refusals, late(), what=f"'{name}' taken again", after=winners[:1])


def require_conflict(operation: Operation, resources: Resources, requests: list[PreparedRequest], name: str) -> None:
    """Claim one value twice where it is a guess that no two items share it; NotChecked where both claims succeed."""
    if operation.facts.unique is None:
        return
    value = resources.samples.equivalent(operation.unique[name])[0]
    one, other = [claim(resources, each, name, value)() for each in requests[:2]]
    if is_success(one) and is_success(other):
        raise NotChecked(
            f"'{name}' is called as if no two items shared it, and two do: declare x-unique if they may not"
        )


def is_success(answer: Exchange) -> bool:
    return 200 <= answer.status < 300


Claim = tuple[PreparedRequest, Exchange]


def are_one_claim(won: list[Claim], resources: Resources) -> bool:
    """Tell whether claims that succeeded are those of one account and show one item: who claims again has it already."""
    operation = won[0][0].operation
    accounts = {prepared.caller.name for prepared, _ in won}
    shown = {str(members_of(answer).get("id", answer.body)) for _, answer in won}
    return (
        operation.creates
        and not operation.role
        and len(accounts) == 1
        and len(shown) == 1
        and any(members_of(won[0][1]))
    )


def loser_of_another_account(lost: list[Claim], won: list[Claim]) -> PreparedRequest:
    """Return a claim that was lost by another account than the winner's; any where all are of one account."""
    winner = won[0][0].caller.name if won else ""
    others = [prepared for prepared, _ in lost if prepared.caller.name != winner]
    return next(iter([*others, *(prepared for prepared, _ in lost)]))


def prepared_claims(operation: Operation, resources: Resources) -> list[PreparedRequest]:
    """Return the requests to send at once: many creations by two accounts, or changes of different items."""
    if operation.adds:
        if not operation.role:
            resources.plant(operation)  # where one alone is refused, many at once show nothing
        mine = resources.prepare(operation)
        return [mine, of_another_account(mine, resources)] * (AT_ONCE // 2)
    return [resources.prepare(operation) for _ in range(CHANGES_AT_ONCE)]


def of_another_account(prepared: PreparedRequest, resources: Resources) -> PreparedRequest:
    """Return the same creation by another account; by the same one where no account is asked for, or there is no other."""
    operation = prepared.operation
    if not operation.secured or operation.role or prepared.item is not None:
        return prepared
    stranger = resources.users.stranger
    try:
        resources.plant(operation, stranger)
    except NotChecked:
        return prepared
    return replace(prepared, caller=stranger)


def claim(resources: Resources, prepared: PreparedRequest, name: str, value: str) -> Callable[[], Exchange]:
    """Return a function that sends a claim; the ETag that it needs is read now."""
    tag = None if prepared.operation.adds else resources.read(prepared).header("etag")
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
