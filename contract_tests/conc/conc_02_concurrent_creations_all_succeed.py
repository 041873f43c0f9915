"""CONC-02: concurrent creations all succeed."""

from functools import partial

from bookplate import expect, experiment, fault, partly, said
from bookplate.contract import Operation, is_creator
from bookplate.faults import Answer, Request, shows
from bookplate.fixtures import Resources, busy, filterable_mark, is_announced_pause, items_shown, total_on, with_members
from bookplate.wire import race

from ._shared import AT_ONCE


@experiment("CONC-02", source="RFC 9110, section 15.3.2; #/paths", applies=is_creator)
def test_concurrent_creations_all_succeed(operation: Operation, resources: Resources) -> None:
    """
    When many items are created at once, each creation gets 201 and an id of its own.

    Lists that can be filtered by free text show all of them, and their totals count them. A 503 that the document has,
    with Retry-After, shows nothing: the service is busy, and says when to come back.

    Why it matters: under load a user's new item is lost, or two users get the same one. Pages of a list lack items, or
    the list ends too early.

    To mend it: let the database give the ids, by a sequence or as UUIDs, and never compute the next one from those
    that exist. Commit before the answer is sent, so that lists and totals have the item.
    """
    # Where one alone is refused, or a second one, many at once show nothing.
    resources.plant(operation)
    resources.plant(operation)
    prepared = resources.prepare(operation)
    lists, mark = filterable_mark(operation, resources)
    bodies = [with_members(resources.samples.body(operation), mark) for _ in range(AT_ONCE)]

    answers = race([partial(resources.write, prepared, None, body) for body in bodies])

    if pause := next((answer for answer in answers if is_announced_pause(answer, operation)), None):
        raise busy(pause)
    for answer in answers:
        if operation.documents(201):
            expect.status(201, answer, what=f"{AT_ONCE} creations at once")
        expect.success(answer, what=f"{AT_ONCE} creations at once")
    made = [resources.item(operation, prepared.caller, answer, prepared.item) for answer in answers]
    items = [item.value for item in made]
    keys = [resources.key(item) for item in made]
    if any(any(key) for key in keys):
        observed = f"{AT_ONCE} creations at once have {len(set(keys))} different ids"
        expect.that(len(set(keys)) == AT_ONCE, observed, expected=f"{AT_ONCE} ids", shown=answers)
    else:
        partly("ids: the answers show none, in a member or a Location", tested="statuses")
    for each in lists:
        listed, pages = items_shown(each, resources, mark)
        evidence = [*answers, *pages]
        created = {each.key(item) for item in items}
        lost, more = created - set(listed), set(listed) - created
        observed = f"of {AT_ONCE} items created at once, {each.id} does not show {said(lost)}; it shows beside them {said(more)}"
        expect.that(not lost and not more, observed, expected="just what was created", shown=evidence)
        total = total_on(each.pagination, pages[0]) if each.pagination else None
        if total is not None:
            expect.equal(
                total, AT_ONCE, what=f"{each.id} gives as the total of {AT_ONCE} created items", shown=evidence
            )
    if not lists:
        partly("lists: none of them has a filter that looks into free text", tested="statuses and ids")


@fault(test_concurrent_creations_all_succeed)
def two_get_one_id(request: Request, answer: Answer) -> None:
    """Each creation gets the id of the first one."""
    if request.method == "POST" and answer.status == 201 and request.path.endswith("/books"):
        first = request.memory.setdefault("id", answer.members["id"])
        answer.put(id=first)


@fault(test_concurrent_creations_all_succeed)
def one_is_lost(request: Request, answer: Answer) -> None:
    """Lists lack their first item."""
    if shows(request, answer, "items"):
        items = answer.members["items"]
        answer.put(items=items[1:] or items)


@fault(test_concurrent_creations_all_succeed)
def the_count_lags(request: Request, answer: Answer) -> None:
    """Totals lack the last item that was created."""
    if shows(request, answer, "pagination"):
        pagination = answer.members["pagination"]
        answer.put(pagination={**pagination, "total_items": pagination["total_items"] - 1})
