"""ERR-04: refused writes change nothing."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bookplate import NotChecked, Severity, control, expect, experiment, fault
from bookplate.contract import Operation, is_conditional_write, is_creator, look_up
from bookplate.faults import Request, Steps
from bookplate.fixtures import (
    WRONG_TYPE,
    PreparedRequest,
    Resources,
    changed_member,
    filterable_mark,
    items_shown,
    members_of,
    with_members,
    with_wrong_member,
    writable_places,
)


def is_write(operation: Operation) -> bool:
    """It makes, changes or deletes a resource that can be read."""
    return operation.method in ("PUT", "PATCH", "DELETE") or is_creator(operation)


@experiment("ERR-04", source="RFC 9110, section 15.5; RFC 5789, section 2", applies=is_write, severity=Severity.DATA)
def test_refused_writes_change_nothing(operation: Operation, resources: Resources) -> None:
    """
    After a write that is answered with an error, every resource reads as before the write.

    The writes are wrong in one thing each: a stale or missing If-Match, another media type, broken JSON, a member
    whose value has the wrong type (text for a number), or a unique value that another item has. Where the target
    accepts one of them, this law says nothing about it. The same write without a mistake succeeds afterwards.

    Why it matters: a client repeats or gives up a write that was refused. If a part of it was stored, a repetition makes
    it twice, and an item that nobody wanted stays.
    """
    prepared = resources.prepare(operation)
    lists: list[Operation] = []
    mark: dict[str, str] = {}
    if is_creator(operation):
        lists, mark = filterable_mark(operation, resources)
        if not lists:
            raise NotChecked("no list has a filter by which what was made would be found: declare one in x-pagination")
    content = valid_content(prepared, resources, mark)

    for wrong, trial in expect.each(wrong_writes(prepared, resources, content)):
        with trial:
            before = visible_state(prepared, resources, lists, mark)
            answer = resources.call(prepared, wrong.headers, body=wrong.body)
            if answer.status < 400:
                continue
            after = visible_state(prepared, resources, lists, mark)

            observed = f"{wrong.mistake}: {answer.describe()}, and the write had an effect"
            expect.that(after == before, observed, expected="no effect", shown=[answer])
    right = {"If-Match": "*"} if is_conditional_write(operation) else {}
    control(resources.call(prepared, right, body=content or None), "a refused write without an effect")


STALE_TAG = '"of-nothing-at-all"'


class WrongWrite(NamedTuple):
    """A write that has to be refused, with the mistake in it."""

    mistake: str
    headers: Mapping[str, str]
    body: Any


def valid_content(prepared: PreparedRequest, resources: Resources, mark: Mapping[str, str]) -> dict[str, Any]:
    """Return content that would make a marked item, or change a member of the item; nothing for a deletion."""
    operation = prepared.operation
    content: dict[str, Any] = {}
    if operation.method in ("POST", "PUT"):
        content = with_members(resources.samples.body(operation) or {}, mark)
    if operation.members and not is_creator(operation):
        name, value = changed_member(operation, resources.read(prepared))
        content[name] = value
    return content


def wrong_writes(prepared: PreparedRequest, resources: Resources, content: dict[str, Any]) -> Iterator[WrongWrite]:
    """Yield writes with this content that have one mistake each; what a mistake needs is made just before."""
    operation = prepared.operation
    headers: dict[str, str] = {}
    if is_conditional_write(operation):
        headers = {"If-Match": "*"}
        yield WrongWrite("no If-Match", {}, content or None)
        yield WrongWrite("a stale tag", {"If-Match": STALE_TAG}, content or None)
    if not operation.members:
        return

    yield WrongWrite("another media type", {**headers, "Content-Type": "text/unheard-of"}, content)
    yield WrongWrite("broken JSON", headers, json.dumps(content).encode()[:-1])
    beside = [name for name in operation.members if operation.method != "PATCH" or name not in content]
    wrong = with_wrong_member(operation, content, reversed(beside))
    if wrong is not None:
        name, wrong_content = wrong
        yield WrongWrite(f"'{name}' of another type", headers, wrong_content)
    if operation.unique and operation.documents(409):
        name, schema = next(iter(operation.unique.items()))
        one, other = resources.samples.equivalent(schema)
        creator = operation if is_creator(operation) else resources.origin(operation)
        resources.plant(creator, None, {f"/{name}": one})
        yield WrongWrite(f"'{name}' taken", headers, {**content, name: other})


def visible_state(
    prepared: PreparedRequest, resources: Resources, lists: Sequence[Operation], mark: Mapping[str, str]
) -> list[Any]:
    """Return what clients see: the marked items in each of the lists, or where there are none the item itself."""
    if lists:
        return [sorted(map(str, items_shown(each, resources, mark)[0])) for each in lists]
    found = resources.read(prepared)
    item = members_of(found)
    return [found.status, *(look_up(item, place) for place in writable_places(prepared.operation))]


def then_refused(status: int, *, is_due: bool) -> Steps:
    """Answer a write that has succeeded with an error."""
    answer = yield
    if is_due and answer.status < 400:
        answer.become(status, {})


@fault(test_refused_writes_change_nothing)
def written_before_it_is_validated(request: Request) -> Steps:
    """The valid members of a write are stored before the others are found invalid."""
    invalid = [name for name, value in request.members.items() if value == WRONG_TYPE]
    for name in invalid:
        request.take(name)
    yield from then_refused(422, is_due=bool(invalid))


@fault(test_refused_writes_change_nothing)
def stale_tag_is_noticed_late(request: Request) -> Steps:
    """A stale If-Match is noticed after the write."""
    is_stale = request.headers.get("if-match") == STALE_TAG
    if is_stale:
        request.headers["if-match"] = "*"
    yield from then_refused(412, is_due=is_stale)


@fault(test_refused_writes_change_nothing)
def half_of_a_conflict_is_written(request: Request) -> Steps:
    """A change whose unique value is taken is stored without that value."""
    taken = None
    if request.method in ("PUT", "PATCH"):
        taken = request.take("isbn")
    yield from then_refused(409, is_due=bool(taken))
