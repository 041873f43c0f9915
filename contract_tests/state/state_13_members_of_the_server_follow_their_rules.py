"""STATE-13: members of the server follow their rules."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bookplate import Needs, NotChecked, expect, experiment, fault, rests_on, said
from bookplate.contract import Fact, Operation, Origin, has_body, look_up, may_lag
from bookplate.faults import Answer, Request
from bookplate.fixtures import (
    PreparedRequest,
    Resources,
    Writing,
    items_shown,
    lists_of,
    members_of,
    ordered,
    permitted_callers,
)
from bookplate.wire import Exchange

CREATED = re.compile(r"(date_?)?(created|creation)(_?(at|on|date|time))?|inserted_?at")
CHANGED = re.compile(r"(date_?)?(updated|modified|changed|last_?(updated?|modified))(_?(at|on|date|time))?")
# So far the clock is moved before a change, that its time is another one wherever whole seconds are kept.
MOMENT = 2


def is_change(operation: Operation) -> bool:
    """It replaces or changes the item that its path names."""
    return operation.method in ("PUT", "PATCH") and has_body(operation) and bool(operation.path_parameters)


@experiment("STATE-13", source="RFC 9110, section 9.3.4; x-access", applies=is_change, needs={Needs.DOCUMENTED_LIMITS})
def test_members_of_the_server_follow_their_rules(operation: Operation, resources: Resources) -> None:
    """
    A change leaves the owner, the key and the time of creation of an item as they were, and its time of change follows.

    It is tried as each user who may. The time of change is never earlier than before, and later where the clock of the
    target was moved; it is not before that of creation. Each list shows what a read shows of these members. The owner is
    where `x-access` says. That a member is such a time is a guess from its name, such as `created_at` or `updated_at`, so
    that it warns.

    Why it matters: an item that changes hands when an admin mends it is lost to its owner. Clients that load only what was
    changed since their last visit miss what has a wrong time.

    To mend it: set owner, id and time of creation when the item is made, and leave them out of every change. Set
    the time of change in each write, from one clock, and show the right column in lists.
    """
    if resources.ends_caller(operation):
        raise NotChecked("it may end who calls it")
    prepared = resources.prepare(operation)
    has_clock = resources.users.instance.clock is not None

    for (number, caller), trial in expect.each(list(enumerate(permitted_callers(resources, operation, prepared.item)))):
        with trial:
            if has_clock:
                resources.users.advance(MOMENT)
            shown = changed_once(replace(prepared, caller=caller), resources, number)
            expect_kept(operation, shown)
            expect_times(shown, has_clock=has_clock)
            expect_listed_alike(prepared, shown[-1], resources)


def changed_once(prepared: PreparedRequest, resources: Resources, number: int) -> tuple[Exchange, Exchange, Exchange]:
    """Change one member; return how the item read before, the answer, and how it reads now."""
    writing = Writing(prepared, resources)
    for change in writing.changes(number):
        answer = writing.send(writing.content_with(change))
        if 200 <= answer.status < 300:
            before, after = writing.read()
            return before, answer, after
    raise NotChecked("no change is accepted")


def expect_kept(operation: Operation, shown: tuple[Exchange, Exchange, Exchange]) -> None:
    """Expect what names the item and its owner to be the same after the change."""
    one, other = members_of(shown[0]), members_of(shown[-1])
    owner = operation.access.owner if operation.access else None
    sent = operation.members
    for place in filter(None, ("/id", owner)):
        if place.startswith("/") and place.split("/")[1] not in sent and look_up(one, place) is not None:
            what = f"'{place[1:]}' after a change of another member"
            expect.equal(look_up(other, place), look_up(one, place), what=what, shown=list(shown))


def expect_times(shown: tuple[Exchange, Exchange, Exchange], *, has_clock: bool) -> None:
    """Expect the time of creation to stay, and the time of change to follow; which they are is a guess."""
    before, after = members_of(shown[0]), members_of(shown[-1])
    for name, created in times_in(after, CREATED):
        if not is_equal(before.get(name), created):
            warn(
                name,
                "time of creation",
                "the time of creation stays",
                shown,
                f"{said(before.get(name))}, then {said(created)}",
            )
    for name, changed in times_in(after, CHANGED):
        old = ordered(before.get(name)) if before.get(name) is not None else None
        new = ordered(changed)
        if not isinstance(old, datetime):
            continue
        follows = new > old if has_clock else new >= old
        if not follows:
            warn(name, "time of change", "a later time", shown, f"{said(before.get(name))}, then {said(changed)}")
        for creation, created in times_in(after, CREATED):
            if isinstance(ordered(created), datetime) and new < ordered(created):
                warn(name, "time of change", f"not before {creation}", shown, f"{changed}, created {created}")


def is_equal(one: Any, other: Any) -> bool:
    return one == other or (one is not None and ordered(one) == ordered(other))


def warn(name: str, what: str, expected: str, shown: tuple[Exchange, ...], observed: str) -> None:
    """Tell of a member whose meaning is guessed from its name."""
    rests_on(Fact((name,), Origin.GUESSED, f"'{name}' is called like the {what} of an item"))
    expect.that(False, f"'{name}': {observed}", expected=expected, shown=list(shown))


def times_in(members: Mapping[str, Any], names: re.Pattern[str]) -> Iterator[tuple[str, Any]]:
    """Yield the members that are called like a time of this kind, and that have one."""
    for name, value in members.items():
        plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        if names.fullmatch(plain) and isinstance(value, str) and isinstance(ordered(value), datetime):
            yield name, value


def expect_listed_alike(prepared: PreparedRequest, read: Exchange, resources: Resources) -> None:
    """Expect each list that has the item to show the times and the owner that a read shows."""
    item = members_of(read)
    if prepared.item is None or prepared.item.creator.role:
        return
    owner = prepared.operation.access.owner if prepared.operation.access else None
    names = [name for kind in (CREATED, CHANGED) for name, _ in times_in(item, kind)]
    names += [owner[1:]] if owner is not None and owner.count("/") == 1 else []
    for each in lists_of(prepared.item.creator, resources.document):
        if may_lag(each):
            continue
        items, pages = items_shown(each, resources, item)
        listed = items.get(each.key(item))
        if listed is None:
            continue
        different = {name: listed[name] for name in names if name in listed and listed[name] != item.get(name)}
        expect.equal(different, {}, what=f"shown otherwise by {each.id}", shown=[read, pages[-1]])


def books_of(answer: Answer) -> list[dict[str, Any]]:
    """Return the objects of an answer that have a time of change."""
    items = answer.members.get("items", [])
    return [each for each in [answer.members, *items] if isinstance(each, dict) and "updated_at" in each]


@fault(test_members_of_the_server_follow_their_rules)
def changes_are_of_the_beginning(request: Request, answer: Answer) -> None:
    """The time of change is the time of creation, whatever is changed."""
    if answer.status < 300 and "updated_at" in answer.members:
        answer.put(updated_at=answer.members["created_at"])


@fault(test_members_of_the_server_follow_their_rules)
def what_is_changed_is_new(request: Request, answer: Answer) -> None:
    """A change sets the time of creation too."""
    if answer.status < 300 and "updated_at" in answer.members:
        answer.put(created_at=answer.members["updated_at"])


@fault(test_members_of_the_server_follow_their_rules)
def the_last_writer_owns_it(request: Request, answer: Answer) -> None:
    """What is changed belongs to the account with the next id from then on."""
    if request.method in ("PUT", "PATCH") and answer.status == 200 and "owner_id" in answer.members:
        request.memory[answer.members["id"]] = True
    if answer.status == 200 and answer.members.get("id") in request.memory and "owner_id" in answer.members:
        answer.put(owner_id=answer.members["owner_id"] + 1)


@fault(test_members_of_the_server_follow_their_rules)
def lists_show_the_time_of_creation(request: Request, answer: Answer) -> None:
    """Lists show the time of creation as the time of change."""
    if len(books_of(answer)) and "items" in answer.members:
        items = [each | {"updated_at": each["created_at"]} for each in books_of(answer)]
        answer.put(items=items)
