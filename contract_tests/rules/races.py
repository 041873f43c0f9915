"""Races: many at once, and what only one of them may have."""

from functools import partial

from ..accounts import told
from ..client import race
from ..fault import Answer, Request, Steps, bent
from ..operation import Operation, is_claim, is_conditional_write, is_creator
from ..pointer import look_up
from ..rule import NotChecked, Violation, experiment
from ..shelf import Shelf
from ..writing import change, marked, shown

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
        found, changes = shelf.read(visit), []
        if (tag := found.header("etag")) is None:
            raise NotChecked("what is to be changed has no ETag")
        for number in range(MAKERS):
            body = None
            if not deletes:
                name, value = change(operation, shelf, found, number)
                body = {**(shelf.samples.body(operation) if operation.method == "PUT" else {}), name: value}
            changes.append(partial(shelf.write, visit, tag, body))
        answers = race(changes)
        won = [answer for answer in answers if 200 <= answer.status < 300]
        # Whoever comes too late to delete may find nothing, or not even be let in any more.
        late = (412, 401, 404, 410) if deletes else (412,)
        bad = [answer for answer in answers if answer not in won and answer.status not in late]
        if len(won) != 1 or bad:
            observed = f"{MAKERS} changes with one tag: {len(won)} succeeded{f', {told(bad[0])}' if bad else ''}"
            raise Violation(observed, expected="one, and the rest 412", exchanges=[*won[:2], *bad[:1]])


@one_value_has_one_owner.broken_by
def twice_is_not_noticed(request: Request, answer: Answer) -> None:
    """Of those who come too late the first is told that it was in time."""
    if answer.status == 409 and not request.memory.get("told"):
        request.memory["told"] = True
        answer.become(201, {})


@one_value_has_one_owner.broken_by
def another_spelling_is_another_value(request: Request, answer: Answer) -> None:
    """A value is compared letter by letter: in small letters, or without hyphens, it is free."""
    text = request.body.decode("utf-8", "replace")
    if answer.status == 409 and (text.lower() == text or "-" not in text):
        answer.become(201, {})


@one_value_has_one_owner.broken_at(409)
def the_index_complains(request: Request, answer: Answer) -> None:
    """What the store refuses is an unhandled exception."""
    answer.become(500)


@creations_at_once_are_all_made.broken_by
def two_get_one_id(request: Request, answer: Answer) -> None:
    """Two creations read the same counter."""
    if request.method == "POST" and answer.status == 201 and request.path.endswith("/books"):
        answer.rewrite({**answer.json(), "id": request.memory.pop("id", answer.json()["id"])})
        request.memory["id"] = answer.json()["id"]


@creations_at_once_are_all_made.broken_by
def one_is_lost(request: Request) -> Steps:
    """Lists lack the first of the items made at once."""
    yield from bent(request, lambda body: {"items": body["items"][1:] or body["items"]})


@creations_at_once_are_all_made.broken_by
def the_count_lags(request: Request) -> Steps:
    """Totals are those of a moment ago."""
    yield from bent(
        request, lambda b: b["pagination"].update(total_items=b["pagination"]["total_items"] - 1), "pagination"
    )


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
