"""Races: many at once, what only one of them may have, and the key by which one request stays one."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ..accounts import succeeded, told
from ..client import race
from ..exchange import Exchange
from ..fault import Answer, Request, Steps, bent, retold
from ..operation import Operation, is_claim, is_conditional_write, is_creator
from ..pointer import look_up
from ..rule import NotChecked, Violation, experiment
from ..shelf import Shelf, Visit
from ..writing import change, marked, shown

HEADER = "Idempotency-Key"
MAKERS = 16
CHANGERS = 4
ROUNDS = 2


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
        answers = race([claim(shelf, visit, {name: spellings[n % 2]}) for n, visit in enumerate(visits)])
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
            late = claim(shelf, loser, {name: spelling})()
            if late.status != 409:
                raise Violation(f"'{name}' taken again: {told(late)}", expected="409", exchanges=[*won, late])


def claim(shelf: Shelf, visit: Visit, claimed: dict[str, str]) -> Callable[[], Exchange]:
    """Return what sends a claim, with all that has to be read for it read before."""
    tag = None if "201" in visit.operation.responses else shelf.read(visit).header("etag")
    return partial(shelf.write, visit, tag, {**shelf.samples.body(visit.operation), **claimed})


@experiment("CONC-02", source="RFC 9110, section 15.3.2; #/paths", applies=is_creator)
def creations_at_once_are_all_made(operation: Operation, shelf: Shelf) -> str:
    """Of many creations at once each makes an item of its own, and lists show them all and count them right."""
    visit, (lists, mark) = shelf.visit(operation), marked(operation, shelf)
    bodies = [{**shelf.samples.body(operation), **mark} for _ in range(MAKERS)]
    answers = race([partial(shelf.write, visit, None, body) for body in bodies])
    if bad := [answer for answer in answers if answer.status != 201]:
        raise Violation(f"{MAKERS} creations at once: {told(bad[0])}", expected="201", exchanges=bad[:1])
    items = [answer.json() for answer in answers]
    ids = {tuple(look_up(item, pointer) for pointer in shelf.pointers(operation).values()) for item in items}
    if len(ids) != MAKERS:
        raise Violation(f"{MAKERS} creations made {len(ids)} ids", expected=str(MAKERS), exchanges=answers)
    for each in lists:
        there, pages = shown(each, shelf, mark)
        total = look_up(pages[0].json(), (each.pagination or {}).get("total", "/"))
        if there.keys() != {each.key(item) for item in items} or total not in (None, MAKERS):
            observed = f"{each.id} shows {len(there)} of what {MAKERS} creations at once made, and counts {total}"
            raise Violation(observed, expected="all of it", exchanges=[*answers, *pages])
    return "" if lists else "not checked: lists: none of them has a filter that looks into free text"


@experiment("CONC-03", source="RFC 9110, section 13.1.1", applies=is_conditional_write)
def one_tag_is_good_for_one_change(operation: Operation, shelf: Shelf) -> None:
    """Of many different changes at once with one current If-Match exactly one is made, and the rest are 412."""
    visit, deletes = shelf.visit(operation), operation.method == "DELETE"
    for _ in range(1 if deletes else ROUNDS):
        found = shelf.read(visit)
        if (tag := found.header("etag")) is None:
            raise NotChecked("what is to be changed has no ETag")
        rest = shelf.samples.body(operation) if operation.method == "PUT" else {}
        changes = [{} if deletes else dict([change(operation, shelf, found, n)]) for n in range(MAKERS)]
        answers = race([partial(shelf.write, visit, tag, {**rest, **each} or None) for each in changes])
        won = [answer for answer in answers if 200 <= answer.status < 300]
        # Whoever comes too late to delete may find nothing, or not even be let in any more.
        late = (412, 401, 404, 410) if deletes else (412,)
        bad = [answer for answer in answers if answer not in won and answer.status not in late]
        if len(won) != 1 or bad:
            observed = f"{MAKERS} changes with one tag: {len(won)} succeeded{f', {told(bad[0])}' if bad else ''}"
            raise Violation(observed, expected="one, and the rest 412", exchanges=[*won[:2], *bad[:1]])


@one_value_has_one_owner.broken_at(409)
def twice_is_not_noticed(request: Request, answer: Answer) -> None:
    """Of those who come too late the first is told that it was in time."""
    answer.become(201, {}, where=request.times("late") == 1)


@one_value_has_one_owner.broken_at(409)
def another_spelling_is_another_value(request: Request, answer: Answer) -> None:
    """A value is compared letter by letter: in small letters, or without hyphens, it is free."""
    text = request.body.decode("utf-8", "replace")
    answer.become(201, {}, where=text.lower() == text or "-" not in text)


@one_value_has_one_owner.broken_at(409)
def the_index_complains(request: Request, answer: Answer) -> None:
    """What the store refuses is an unhandled exception."""
    answer.become(500)


@creations_at_once_are_all_made.broken_by
def two_get_one_id(request: Request, answer: Answer) -> None:
    """Two creations read the same counter."""
    if request.method == "POST" and answer.status == 201 and request.path.endswith("/books"):
        answer.put(id=request.memory.pop("id", answer.members["id"]))
        request.memory["id"] = answer.members["id"]


@creations_at_once_are_all_made.broken_by
def one_is_lost(request: Request) -> Steps:
    """Lists lack the first of the items made at once."""
    yield from bent(request, lambda body: {"items": body["items"][1:] or body["items"]})


@creations_at_once_are_all_made.broken_by
def the_count_lags(request: Request) -> Steps:
    """Totals are those of a moment ago."""
    yield from retold(request, lambda beside: beside.update(total_items=beside["total_items"] - 1))


@one_tag_is_good_for_one_change.broken_by
def tags_are_compared_before_the_lock(request: Request) -> Steps:
    """A tag that was current a moment ago is good for a second change."""
    seen = request.memory.setdefault("seen", set())
    if request.headers.get("if-match") in seen:
        request.headers["if-match"] = "*"
    answer = yield
    if request.method == "GET" and answer.status == 200:
        seen.add(answer.headers.get("etag"))


@one_tag_is_good_for_one_change.broken_at(412)
def late_changes_are_errors(request: Request, answer: Answer) -> None:
    """What the store refuses because it came too late is an unhandled exception."""
    answer.become(500)


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


@one_key_has_one_effect.broken_at(422)
def content_is_not_compared(request: Request, answer: Answer) -> None:
    """A key with other content is taken for the first request."""
    answer.become(201, {}, where="idempotency-key" in request.headers)


@one_key_has_one_effect.broken_by
def replay_has_another_status(request: Request, answer: Answer) -> None:
    """Repeating a creation is answered 200."""
    if "idempotent-replayed" in answer.headers:
        answer.status = 200


@one_key_has_one_effect.broken_by
def losers_of_a_race_crash(request: Request, answer: Answer) -> None:
    """A key in flight is an error of the store."""
    answer.become(500, where="idempotent-replayed" in answer.headers or answer.status == 409)
