"""PAGE-12: counted lists are in order and full."""

from collections.abc import Mapping
from typing import Any

from bookplate import Needs, NotChecked, expect, experiment, fault
from bookplate.contract import Counter, Operation, look_up
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources
from bookplate.wire import succeeded

# So many things there are at least.
PLANTED = 4


def is_ranked(operation: Operation) -> bool:
    """It shows things by how often they were used, and the document says in which order, or how many."""
    return operation.method == "GET" and any(True for each in operation.counters if is_ranking(each))


def is_ranking(counter: Counter) -> bool:
    return counter.thing is not None and (bool(counter.order) or counter.most is not None)


@experiment("PAGE-12", source="x-counts", applies=is_ranked, needs={Needs.DOCUMENTED_LIMITS})
def test_counted_lists_are_in_order_and_full(operation: Operation, resources: Resources) -> None:
    """
    A list whose objects count uses is in the `order` of `x-counts`, and shows as many things as `most` says.

    It shows fewer only where there are no more, and never more. Several things are made first. Where the answer may be
    behind what was written, the clock of the target is moved by that lag; without a clock, the list may lack them.

    Why it matters: people take the first entry for the most wanted one. A list that ends too early hides what they look
    for.

    To mend it: order by the count, descending, and then by a second key, and cut after `most` entries, in the query
    that counts.
    """
    for counter, trial in expect.each([each for each in operation.counters if is_ranking(each)]):
        with trial:
            expect_ranked(operation, counter, resources)


def expect_ranked(operation: Operation, counter: Counter, resources: Resources) -> None:
    used = resources.document.find(counter.uses_of or "")
    if used is None:
        raise NotChecked(f"x-counts of {operation.id} names '{counter.uses_of}', which is no operation: correct it")
    made = [resources.plant(resources.origin(used)).made for _ in range(PLANTED)]
    users = resources.users
    lag = operation.cache.max_staleness if operation.cache else None
    if lag is not None and users.instance.clock is not None:
        users.advance(lag + 1)
    reading = PreparedRequest(operation, resources.maker(operation), None)
    answer = succeeded(resources.call(reading), "nothing is shown")
    shown = look_up(answer.json(), counter.items or "") or []

    ranks = [rank_of(each, counter.order) for each in shown]
    expect.equal(
        ranks,
        sorted(ranks),
        what=f"items that are to be in order by {', '.join(counter.order)} have the values",
        shown=[*made, answer],
    )
    if counter.most is not None:
        fewest = min(PLANTED, counter.most) if lag is None or users.instance.clock is not None else 0
        fits = fewest <= len(shown) <= counter.most
        expect.that(
            fits,
            f"{operation.id} shows {len(shown)} items",
            expected=f"{fewest} to {counter.most}",
            shown=[*made, answer],
        )


def rank_of(thing: Mapping[str, Any], order: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the numbers that decide where an object stands; NotChecked where one of them is no number."""
    values = [(pointer.startswith("-"), look_up(thing, pointer.removeprefix("-"))) for pointer in order]
    if not all(isinstance(value, int | float) for _, value in values):
        raise NotChecked("it is ordered by what is no number")
    return tuple(-value if is_descending else value for is_descending, value in values)


def ranking(answer: Answer) -> list[Any]:
    """Return the objects of a list that counts views; none where an answer is none."""
    items = answer.members.get("items")
    return items if isinstance(items, list) and all("views" in each for each in items) else []


@fault(test_counted_lists_are_in_order_and_full)
def the_least_used_come_first(request: Request, answer: Answer) -> None:
    """The list is in the order of views, the fewest first."""
    if ranking(answer):
        answer.put(items=ranking(answer)[::-1])


@fault(test_counted_lists_are_in_order_and_full)
def only_the_first_three_are_shown(request: Request, answer: Answer) -> None:
    """The list has three entries, whatever there is."""
    if ranking(answer):
        answer.put(items=ranking(answer)[:3])
