"""CONC-02: concurrent creations all succeed."""

from functools import partial

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, is_creator, look_up
from bookplate.faults import Answer, Request, Steps, bent, retold
from bookplate.fixtures import Resources, filterable_mark, shown
from bookplate.wire import race

from ._shared import MAKERS


@experiment("CONC-02", source="RFC 9110, section 15.3.2; #/paths", applies=is_creator)
def test_concurrent_creations_all_succeed(operation: Operation, resources: Resources) -> str:
    """Of many creations at once each makes an item of its own, and lists show them all and count them right."""
    prepared, (lists, mark) = resources.prepare(operation), filterable_mark(operation, resources)
    bodies = [{**resources.samples.body(operation), **mark} for _ in range(MAKERS)]
    answers = race([partial(resources.write, prepared, None, body) for body in bodies])
    if bad := [answer for answer in answers if answer.status != 201]:
        raise Violation(f"{MAKERS} creations at once: {bad[0].describe()}", expected="201", exchanges=bad[:1])
    items = [answer.json() for answer in answers]
    ids = {tuple(look_up(item, pointer) for pointer in resources.pointers(operation).values()) for item in items}
    if len(ids) != MAKERS:
        raise Violation(f"{MAKERS} creations made {len(ids)} ids", expected=str(MAKERS), exchanges=answers)
    for each in lists:
        there, pages = shown(each, resources, mark)
        total = look_up(pages[0].json(), (each.pagination and each.pagination.total) or "/")
        if there.keys() != {each.key(item) for item in items} or total not in (None, MAKERS):
            observed = f"{each.id} shows {len(there)} of what {MAKERS} creations at once made, and counts {total}"
            raise Violation(observed, expected="all of it", exchanges=[*answers, *pages])
    return "" if lists else "not checked: lists: none of them has a filter that looks into free text"


@fault(test_concurrent_creations_all_succeed)
def two_get_one_id(request: Request, answer: Answer) -> None:
    """Two creations read the same counter."""
    if request.method == "POST" and answer.status == 201 and request.path.endswith("/books"):
        answer.put(id=request.memory.pop("id", answer.members["id"]))
        request.memory["id"] = answer.members["id"]


@fault(test_concurrent_creations_all_succeed)
def one_is_lost(request: Request) -> Steps:
    """Lists lack the first of the items made at once."""
    yield from bent(request, lambda body: {"items": body["items"][1:] or body["items"]})


@fault(test_concurrent_creations_all_succeed)
def the_count_lags(request: Request) -> Steps:
    """Totals are those of a moment ago."""
    yield from retold(request, lambda beside: beside.update(total_items=beside["total_items"] - 1))
