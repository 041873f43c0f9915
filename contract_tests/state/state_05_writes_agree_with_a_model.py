"""STATE-05: writes agree with a model."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from bookplate import NotChecked, Violation, expect, experiment, fault
from bookplate.contract import Operation, is_creator, look_up, named_part
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import (
    Item,
    PreparedRequest,
    Resources,
    filterable_mark,
    first_member,
    items_shown,
    members_of,
    says_deleted,
    with_members,
    writable_places,
)
from bookplate.wire import Exchange


@experiment("STATE-05", source="RFC 9110, section 9.3; x-unique", applies=is_creator)
def test_writes_agree_with_a_model(operation: Operation, resources: Resources) -> None:
    """
    After any order of creations, changes and deletions, the list shows the items and values of a model.

    The model is a plain dictionary. Each write that succeeds is done to it too. A unique value that another item of the
    model holds is refused with 409, in each of its spellings; every other write succeeds. A deleted item may still be
    listed where it says that it is deleted. The orders are generated, the
    same ones in each run.

    Why it matters: single requests work, and a sequence of them does not. A name that was given up stays taken, a list
    misses the newest item, or a user cannot repeat what worked before.

    To mend it: free a unique value in the transaction that changes or deletes its item; with soft deletion, let the
    unique index count living rows alone. Drop lists from the cache with each write.
    """
    changing = [each for each in resources.document.operations if changes_items(each, operation, resources)]
    lists, _ = filterable_mark(operation, resources)
    if not changing or not lists:
        raise NotChecked(
            "nothing changes what is made, or no list has a filter that looks into free text: "
            "add links to the answer, and the filter to x-pagination"
        )
    resources.plant(operation)  # what is refused by itself needs no order of writes
    problems: list[Exception] = []

    # A creation is drawn twice as often as each of the others.
    play(resources, creator=operation, writes=[operation, operation, *changing], problems=problems)

    if problems:
        raise problems[0]


def changes_items(operation: Operation, creator: Operation, resources: Resources) -> bool:
    """Tell whether an operation changes or deletes what a creator makes, as a link or its path says."""
    if operation.method not in ("PUT", "PATCH", "DELETE") or operation.path != named_part(operation.path):
        return False
    maker = resources.document.creator(operation)
    return maker is not None and maker.value.id == creator.id


def takes(operation: Operation, member: str) -> bool:
    """Tell whether the content of a write may have a member: one that changes items need not take all that makes them."""
    return not operation.members or member in operation.members


class UniqueValue(NamedTuple):
    """One of the two values that the machine gives to a unique member."""

    member: str
    number: int


class Known(NamedTuple):
    """An item of the model, and the values of those members that clients can write."""

    item: Item
    values: dict[str, Any]


class Model:
    """
    Items that have to be there, and the holder of each unique value.

    Every item has the text `mark`; `lists` are the operations that can filter by it, so that they show these items and
    no others. `spellings` has two spellings for each of two values of every unique member. `known` has each item by its key, `deleted` those that were there, `holders` the key of the item that holds a unique value.
    `sent` are all writes in their order.
    """

    resources: Resources
    creator: Operation
    writes: list[Operation]
    problems: list[Exception]

    def __init__(self) -> None:
        super().__init__()
        samples = self.resources.samples
        unique = self.creator.unique
        self.spellings = {name: [samples.equivalent(schema) for _ in range(2)] for name, schema in unique.items()}
        self.lists, self.mark = filterable_mark(self.creator, self.resources)
        self.known: dict[Any, Known] = {}
        self.deleted: dict[Any, Item] = {}
        self.holders: dict[UniqueValue, Any] = {}
        self.sent: list[Exchange] = []

    def step(self, turn: int, which: int, value: int | None, twin: int) -> None:
        """Do the write of this turn: to which item, with which unique value, in which spelling."""
        if self.problems:
            return
        operation = self.creator
        key = None
        if self.known:
            operation = self.writes[turn % len(self.writes)]
        if operation is not self.creator:
            key = list(self.known)[which % len(self.known)]
        claimed: list[UniqueValue] = []
        if value is not None and operation.media_type:
            claimed = [UniqueValue(name, value) for name in self.spellings if takes(operation, name)]
        # A problem is kept and raised at the end: Hypothesis would play the sequence again and again.
        try:
            self.write(operation, key, claimed, twin)
            self.compare()
        except (Violation, NotChecked) as problem:
            self.problems.append(problem)

    def write(self, operation: Operation, key: Any, claimed: list[UniqueValue], twin: int) -> None:
        """Send a write and expect the status that the model expects; where that is success, write to the model."""
        item = None if key is None else self.known[key].item
        prepared = PreparedRequest(operation, self.resources.users.owner, item)
        body = None
        if operation.media_type:
            unique = {each.member: self.spellings[each.member][each.number][twin] for each in claimed}
            mark = {name: text for name, text in self.mark.items() if takes(operation, name)}
            body = with_members(self.resources.samples.body(operation), {**mark, **unique})
        tag = None if item is None else self.resources.read(prepared).header("etag")

        answer = self.resources.write(prepared, tag, body)

        self.sent.append(answer)
        observed = f"{len(self.sent)} writes, the last: {answer.describe()}"
        if any(self.holders.get(each, key) != key for each in claimed):
            is_conflict = answer.status == 409
            expect.that(is_conflict, observed, expected="409: the value is taken", shown=self.story)
            return
        expect.that(answer.status < 300, observed, expected="success: nothing stands against it", shown=self.story)
        self.keep(prepared, key, answer, claimed)

    def keep(self, prepared: PreparedRequest, key: Any, answer: Exchange, claimed: list[UniqueValue]) -> None:
        """Do to the model what a write did to the target."""
        method = prepared.operation.method
        if method != "PATCH" or claimed:
            self.holders = {value: holder for value, holder in self.holders.items() if holder != key}
        if method == "DELETE":
            self.deleted[key] = self.known.pop(key).item
            return
        item = prepared.item
        if item is None:
            item = self.resources.item(self.creator, prepared.caller, answer)
            key = self.lists[0].key(item.value)
            self.take_ids(item, key)
        values = members_of(answer) if prepared.item or item.read is None else item.value
        self.known[key] = Known(item, self.writable(values or members_of(self.resources.read(prepared))))
        self.holders |= dict.fromkeys(claimed, key)

    def compare(self) -> None:
        """Expect the list to show the items of the model, with their values, and no others."""
        items, pages = items_shown(self.lists[0], self.resources, self.mark)
        listed = {key: self.writable(item) for key, item in items.items() if not self.is_shown_as_deleted(key, item)}
        expected = {key: known.values for key, known in self.known.items()}
        observed = f"after {len(self.sent)} writes {self.lists[0].id} shows other items, or other values of them"
        expect.that(listed == expected, observed, expected=f"{len(expected)} items", shown=[*self.story, *pages])

    def is_shown_as_deleted(self, key: Any, item: Mapping[str, Any]) -> bool:
        """Tell whether a list shows an item that was deleted, and that says so itself."""
        return key in self.deleted and says_deleted(self.deleted[key].value, item)

    def writable(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return the members of an item that clients can write: a server may count or date the others."""
        found = {place: look_up(item, place) for place in writable_places(self.creator)}
        return {place: value for place, value in found.items() if first_member(place) in item}

    def take_ids(self, item: Item, key: Any) -> None:
        """Let a script take the ids of a new item from the answer to its creation."""
        for pointer in set(self.resources.pointers(self.creator).values()):
            self.resources.script.take(f"MODEL_{key}", str(look_up(item.content, pointer)), pointer, item.made)

    @property
    def story(self) -> list[Exchange]:
        """The writes that show a problem; a script sends the creations before them, as it takes their ids from there."""
        before = [each for each in self.sent[:-1] if each.status != 201]
        return [*before, *self.sent[-1:]]


def play(resources: Resources, *, creator: Operation, writes: list[Operation], problems: list[Exception]) -> None:
    """Play orders of writes on a model of one creator; what goes wrong is added to the problems."""
    # Hypothesis takes longer to import than all other laws together.
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

    step = rule(
        turn=st.integers(0, 99), which=st.integers(0, 9), value=st.sampled_from((None, 0, 1)), twin=st.integers(0, 1)
    )
    members = {"resources": resources, "creator": creator, "writes": writes, "problems": problems}
    # Hypothesis makes the instances, without arguments; the generated orders hang on the name of the class.
    machine = type("ModelOfOne", (Model, RuleBasedStateMachine), {**members, "step": step(Model.step)})
    few = settings(
        settings(max_examples=8, stateful_step_count=10, derandomize=True, database=None, deadline=None),
        phases=[Phase.generate],
        # Each step sends requests: what Hypothesis calls too slow is the target, and no mistake of the model.
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=few)


def keeps_unique_values(request: Request, method: str) -> Steps:
    """Refuse a unique value that an item held until a request with this method took it from the item."""
    held = request.memory.setdefault("held", {})
    stuck = request.memory.setdefault("stuck", set())
    isbn = isbn_in(request)
    answer = yield
    if isbn and isbn in stuck and held.get(request.path) != isbn:
        answer.become(409, {})
        return
    if answer.status >= 300 or request.method == "GET":
        return
    path = answer.headers.get("location", request.path)
    is_taken_away = path in held and held[path] != isbn and (isbn or method == "DELETE")
    if request.method == method and is_taken_away:
        stuck.add(held.pop(path))
    if isbn:
        held[path] = isbn


def isbn_in(request: Request) -> str:
    """Return the digits that both spellings of an ISBN have in common; empty where the content has none."""
    isbn = str(request.members.get("isbn") or "")
    return isbn.replace("-", "")[-10:-1]


@fault(test_writes_agree_with_a_model)
def rename_frees_no_value(request: Request) -> Steps:
    """A unique value stays taken after another one has replaced it."""
    yield from keeps_unique_values(request, "PUT")


@fault(test_writes_agree_with_a_model)
def deletion_frees_no_value(request: Request) -> Steps:
    """The unique value of a deleted item stays taken."""
    yield from keeps_unique_values(request, "DELETE")


@fault(test_writes_agree_with_a_model)
def lists_lag_behind(request: Request, answer: Answer) -> None:
    """A list answers with its content of the time before."""
    if request.method != "GET" or answer.status != 200 or b'"items"' not in answer.body:
        return
    key = json.dumps(request.query)
    newest = answer.body
    answer.body = request.memory.get(key, newest)
    request.memory[key] = newest
