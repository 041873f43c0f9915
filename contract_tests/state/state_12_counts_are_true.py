"""STATE-12: counts are true."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from bookplate import Needs, NotChecked, expect, experiment, fault
from bookplate.contract import Counter, Operation, look_up
from bookplate.faults import Answer, Request
from bookplate.fixtures import Collection, Item, PreparedRequest, Resources, prepare_read
from bookplate.wire import Exchange, succeeded

# How often a thing is used, at least, and at most where a list shows what is used most.
USES, MOST_USES = 3, 40
# How often, and after how many seconds, a count is read again that has not come up to date yet.
LOOKS, PAUSE = 12, 0.3


def counts_something(operation: Operation) -> bool:
    """Its answers have numbers of which the document says what they count."""
    return operation.method == "GET" and bool(operation.counters)


@experiment("STATE-12", source="x-counts", applies=counts_something, needs={Needs.DOCUMENTED_LIMITS})
def test_counts_are_true(operation: Operation, resources: Resources) -> None:
    """
    A number that `x-counts` describes is the number of what it counts, as soon as its declared lag is over.

    With `uses-of`, each 200 to a GET of the operation that it names counts one, and a 304 counts nothing. With `items-of` it
    is the total of the list that it names, or all of its items; numbers of several objects are added. The clock of the
    target is moved by `max-staleness` of `x-cache`.

    Why it matters: what is shown first, what is paid and what is bought hang on such numbers, and nobody counts again.

    To mend it: count in the transaction of what is counted, or count anew within the declared lag. Count successes
    alone, without 304, and group what has no value under none.
    """
    lag = operation.cache.max_staleness if operation.cache else None
    if lag is not None and resources.users.instance.clock is None:
        raise NotChecked("no clock: the answers may be behind for as long as the document says")
    counts = Counts(operation, resources, lag)

    for counter, trial in expect.each(operation.counters):
        with trial:
            expect_counted(counts, counter)


def expect_counted(counts: "Counts", counter: Counter) -> None:
    named = counter.uses_of or counter.items_of or ""
    counted = counts.resources.document.find(named)
    if counted is None:
        raise NotChecked(f"x-counts of {counts.operation.id} names '{named}', which is no operation: correct it")
    if counter.items_of is not None:
        expect_items_counted(counts, counter, Collection(counted, counts.resources))
    elif counter.thing is not None:
        expect_own_uses_counted(counts, counter, counted)
    else:
        expect_all_uses_counted(counts, counter, counted)


class Counts:
    """The answers of an operation that counts, read when what they may be behind by is over."""

    def __init__(self, operation: Operation, resources: Resources, lag: int | None) -> None:
        self.operation = operation
        self.resources = resources
        self.lag = lag
        self.answers: list[Exchange] = []

    def read(self) -> Exchange:
        """Move the clock by the lag, and read."""
        if self.lag is not None:
            self.resources.users.advance(self.lag + 1)
        reading = PreparedRequest(self.operation, self.resources.maker(self.operation), None)
        answer = succeeded(self.resources.call(reading), "there are no counts")
        self.answers.append(answer)
        return answer

    def reads(self) -> Iterator[Exchange]:
        """Read again and again, for some moments: what is counted beside the requests comes in after them."""
        for look in range(LOOKS):
            if look:
                self.resources.client.admission.wait(PAUSE)
            yield self.read()

    def until(self, number: Callable[[Exchange], Any], due: Any) -> Any:
        """Return the first number that is due, or the last one that was read."""
        found = None
        for answer in self.reads():
            found = number(answer)
            if found == due:
                break
        return found

    def at_rest(self, number: Callable[[Exchange], Any]) -> Any:
        """Return a number that was the same twice, so that nothing of before comes in any more."""
        before = None
        for answer in self.reads():
            found = number(answer)
            if found == before:
                break
            before = found
        return before


def number_in(counter: Counter, answer: Exchange) -> Any:
    """Return the number that a counter points to; that of all objects together where it points into several."""
    if counter.items is None:
        return look_up(answer.json(), counter.at)
    return sum(look_up(each, counter.at) or 0 for each in look_up(answer.json(), counter.items) or ())


def expect_items_counted(counts: Counts, counter: Counter, collection: Collection) -> None:
    """Make an item, and expect the number to be that of the list."""
    number = partial(number_in, counter)
    if not collection.creator.role:
        collection.insert({})
    due = items_in(collection)

    found = counts.until(number, due)

    if items_in(collection) != due:
        raise NotChecked("somebody else makes items meanwhile")
    what = f"number at {counter.items or ''}{counter.at}"
    expect.equal(found, due, what=what, shown=[*collection.last[-1:], counts.answers[-1]])


def items_in(collection: Collection) -> int:
    """Return how many items a whole list has: its total, or all that a walk meets."""
    if collection.page.total is None:
        return len(collection.keys(collection.walk(collection.bounds[1])))
    collection.last = [collection.get({})]
    return int(collection.total(collection.last[0]))


def expect_own_uses_counted(counts: Counts, counter: Counter, used: Operation) -> None:
    """Use a new thing until it has to be shown, and expect its number to be that of its uses."""
    resources = counts.resources
    item = resources.plant(resources.origin(used))
    shown = look_up(counts.read().json(), counter.items or "") or []
    least = min((look_up(each, counter.at) or 0 for each in shown), default=0)
    is_full = counter.most is not None and len(shown) >= counter.most
    more = max(USES, least + 1) if is_full else USES
    if more > MOST_USES:
        raise NotChecked(f"what is shown was used {least} times at least, which is too often to use a new thing")

    answers = use(resources, used, item, more)
    due = more + (item.read is not None)
    found = counts.until(partial(number_of, counter, resources, item), due)

    what = f"number of what was used {due} times"
    expect.equal(found, due, what=what, shown=[item.made, *answers, counts.answers[-1]])


def number_of(counter: Counter, resources: Resources, item: Item, answer: Exchange) -> Any:
    """Return the number beside an item; None where it is not shown."""
    places = resources.places(item.creator)
    for each in look_up(answer.json(), counter.items or "") or ():
        thing = look_up(each, counter.thing or "")
        if all(look_up(thing, place) == look_up(item.value, place) for place in places):
            return look_up(each, counter.at)
    return None


def expect_all_uses_counted(counts: Counts, counter: Counter, used: Operation) -> None:
    """Use a new thing, and expect the number of all uses to grow by as many."""
    number = partial(number_in, counter)
    item = counts.resources.plant(counts.resources.origin(used))
    before = counts.at_rest(number)

    answers = use(counts.resources, used, item, USES)
    found = counts.until(number, before + USES)

    what = f"number at {counter.at} after {USES} uses"
    expect.equal(found, before + USES, what=what, shown=[item.made, *answers, counts.answers[-1]])


def use(resources: Resources, used: Operation, item: Item, times: int) -> list[Exchange]:
    """
    Read an item by so many GETs that get a 200; before the last one comes a GET with an ETag that is current.

    Where that gets a 200 too, it is the last use.
    """
    prepared = prepare_read(resources, used, item)
    answers = [succeeded(resources.call(prepared), "it cannot be used") for _ in range(times - 1)]
    tag = answers[-1].header("etag")
    if tag is not None and used.parameter("If-None-Match", "header") is not None:
        answers.append(resources.call(prepared, {"If-None-Match": tag}))
    if answers[-1].status != 200 or len(answers) < times:
        answers.append(succeeded(resources.call(prepared), "it cannot be used"))
    return answers


def count_of(answer: Answer) -> Mapping[str, Any]:
    """Return the members of an answer that counts; none where it is another one."""
    return answer.members if answer.status == 200 and "total_books" in answer.members else {}


@fault(test_counts_are_true)
def nothing_is_used(request: Request, answer: Answer) -> None:
    """Uses are counted once, and then never again."""
    if request.path.endswith("/popular") and answer.status == 200:
        answer.put(items=[each | {"views": min(each["views"], 1)} for each in answer.members["items"]])


@fault(test_counts_are_true)
def copies_that_are_good_are_uses(request: Request, answer: Answer) -> None:
    """An answer 304 counts as a use."""
    if answer.status == 304:
        request.times("not modified")
    elif count_of(answer):
        more = request.memory.get("not modified", 0)
        answer.put(total_views=count_of(answer)["total_views"] + more)


@fault(test_counts_are_true)
def counts_are_those_of_the_beginning(request: Request, answer: Answer) -> None:
    """The counts are made once, and kept."""
    if count_of(answer):
        answer.repeat(request.memory.setdefault("kept", answer.copy()))


@fault(test_counts_are_true)
def items_without_a_genre_are_forgotten(request: Request, answer: Answer) -> None:
    """What has no genre is counted in no group."""
    if count_of(answer):
        genres = count_of(answer)["genres"]
        answer.put(genres=[each for each in genres if each["genre"] is not None] if len(genres) > 1 else [])
