"""STATE-02: changes are stored as sent."""

from collections.abc import Mapping
from typing import Any

from bookplate import NotChecked, expect, experiment, fault, partly, rests_on
from bookplate.contract import Fact, Operation, has_body, look_up
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import (
    Resources,
    SingleChange,
    Witness,
    Writing,
    changeable_places,
    final_states,
    first_member,
    holds,
    members_of,
    required_places,
    with_changes,
    without_places,
    writable_places,
)
from bookplate.wire import Exchange, succeeded


def is_change(operation: Operation) -> bool:
    """It replaces or changes an item by the content that it takes."""
    return operation.method in ("PUT", "PATCH") and has_body(operation)


@experiment("STATE-02", source="RFC 9110, section 9.3.4; RFC 7396, section 2", applies=is_change)
def test_changes_are_stored_as_sent(operation: Operation, resources: Resources) -> None:
    """
    After PUT, each member is as sent; after PATCH, only the members that were sent are changed. No other item changes.

    PUT sends other values than before in all members at once, and then the required members alone. A member that is left
    out has its default, or else what a creation without it shows, and not the old value. The same PUT, sent twice, succeeds
    twice and has the effect of one. PATCH changes each member in turn; in a merge patch a null removes one. The answer is
    about the item that the path names. Where the words of a 409 say that what is closed, or in another state to which an
    action leads, is changed no more, a change after that action is advice. What the service sets itself in a new item too, and what differs between two equal
    reads, is left out.

    Why it matters: a user who clears a field still finds the old value, or a user who changes one field loses another.
    A client that repeats a PUT after a lost answer takes an error for a lost change.

    To mend it: let PUT set each member, with its default where it is not sent, and PATCH only those that were sent,
    null included. Tell "not sent" from null when the content is read. Write by the id of the item.
    """
    writing = Writing(resources.prepare(operation), resources)
    witness = Witness(writing.prepared, resources)

    if operation.method == "PUT":
        replace_all(writing)
    else:
        change_each(writing)

    witness.expect_untouched(operation, writing.sent, writing.answers)
    for prepared, fact in final_states(resources, writing.prepared):
        expect_refused_in(fact, Writing(prepared, resources))


def expect_refused_in(fact: Fact[str], writing: Writing) -> None:
    """Expect an item that is in a final state to be changed no more; the state is a guess, so that this is advice."""
    rests_on(fact)
    for change in writing.changes()[:1]:
        answer = writing.send(writing.content_with(change))
        observed = f"what is {fact.value} is changed: {answer.describe()}"
        expect.that(answer.status >= 400, observed, expected="409", shown=[writing.before, answer])


# PUT.


def replace_all(writing: Writing) -> None:
    """Send other values than before in all members at once, then the required ones alone, twice."""
    whole, answer = first_accepted(writing)
    before, after = writing.read()
    writing.expect_due(values_at(writing.shown_places, whole), [before, answer, after])

    least = without_places(whole, writable_places(writing.operation).keys() - required_places(writing.operation))
    if least != whole:
        answer = writing.send(least)
        if not 200 <= answer.status < 300:
            partly(f"a PUT without optional members: {answer.describe()}", tested="a PUT of all members")
            least = whole
        before, after = writing.read()
        writing.expect_due(values_at(writing.shown_places, least), [before, answer, after])
        expect_nothing_kept(writing, least, [before, answer, after])

    expect_same_effect(writing, least)


def first_accepted(writing: Writing) -> tuple[dict[str, Any], Exchange]:
    """Send content with other values; where that is refused, the sample as it is. Return what was accepted, and the answer."""
    operation = writing.operation
    sample = writing.resources.samples.body(operation)
    if not isinstance(sample, dict):
        raise NotChecked(f"{operation.id} takes no object, so there are no members to compare")
    changed = with_changes(sample, writing.changes())
    if operation.content_schema is not None and operation.content_schema.allows(changed, request=True):
        answer = writing.send(changed)
        if 200 <= answer.status < 300:
            return changed, answer
        partly(f"other values than those of the sample: {answer.describe()}", tested="the values of the sample")
    return sample, succeeded(writing.send(sample), "the change was not made")


def values_at(places: list[str], content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a content has at those of these places that it has."""
    return {place: value for place in places if (value := look_up(content, place)) is not None}


def expect_nothing_kept(writing: Writing, least: Mapping[str, Any], shown: list[Exchange]) -> None:
    """Expect each member that a PUT has left out to have its default, or else not to have its old value."""
    operation = writing.operation
    old, now = members_of(shown[0]), members_of(shown[-1])
    left_out = {
        place: schema
        for place, schema in writable_places(operation).items()
        if look_up(old, place) is not None and look_up(least, place) is None
    }
    defaults = {place: schema.default for place, schema in left_out.items() if schema.default is not None}
    writing.expect_due(defaults, shown)
    free = [place for place in left_out if place not in defaults and place in changeable_places(operation)]
    kept = [place for place in free if look_up(old, place) and holds(look_up(now, place), look_up(old, place))]
    if not required_places(operation):
        partly("what a PUT leaves out: it requires no member, so it may change only what is sent" if kept else "")
        return
    made = writing.made_twice_without(kept) if kept else None
    for place in kept:
        due, again = (look_up(each, place) for each in made) if made else (None, None)
        name = place.removeprefix("/")
        if made is None or due != again:
            partly(f"'{name}', left out by a PUT: no creation shows what it is then", tested="other members")
            continue
        observed = f"'{name}' has its old value after a PUT without it"
        is_due = holds(due, look_up(old, place))
        expect.that(is_due, observed, expected="what a creation without it shows", shown=shown)


def expect_same_effect(writing: Writing, content: dict[str, Any]) -> None:
    """Expect the same PUT once more to succeed, and to change nothing that was sent."""
    answer = writing.send(content)
    expect.success(answer, what="the second time", because="it was the first time", after=writing.answers)
    before, after = writing.read()
    writing.expect_due(values_at(writing.shown_places, content), [before, answer, after])


# PATCH.

MERGE_PATCH = "application/merge-patch+json"
MOST_CHANGES = 8


def change_each(writing: Writing) -> None:
    """Change one place after the other, and remove a member where a null does that."""
    operation = writing.operation
    changes = writing.changes()[:MOST_CHANGES]
    if not changes:
        raise NotChecked("nothing that can be read can be changed to a value that its schema tells")
    for change in changes:
        answer = writing.send(writing.content_with(change))
        if 200 <= answer.status < 300:
            before, after = writing.read()
            writing.expect_one_change(change, [before, answer, after])
        else:
            partly(f"a change of '{change.place.removeprefix('/')}': {answer.describe()}", tested="other members")
    if not writing.sent:
        raise NotChecked(f"no change is accepted: {answer.describe()}")
    if operation.media_type == MERGE_PATCH:
        remove_one(writing, first_member(changes[0].place))


def remove_one(writing: Writing, but: str) -> None:
    """Send a null for a member that may have none, in a merge patch."""
    operation = writing.operation
    item = members_of(writing.before)
    others = [name for name in operation.members if name != but and item.get(name) is not None]
    removable = [name for name in others if operation.members[name].allows(None, request=True)]
    for name in removable[:1]:
        answer = writing.send({name: None})
        succeeded(answer, "nothing was removed")
        before, after = writing.read()
        writing.expect_one_change(SingleChange(f"/{name}", None), [before, answer, after])


@fault(test_changes_are_stored_as_sent)
def put_merges(request: Request) -> None:
    """PUT keeps the members that its content leaves out."""
    written = request.memory.setdefault("written", {})
    if request.method == "PUT" and request.members:
        written[request.path] = {**written.get(request.path, {}), **request.members}
        request.rewrite(written[request.path])


@fault(test_changes_are_stored_as_sent)
def twice_is_a_conflict(request: Request, answer: Answer) -> None:
    """A PUT that changes nothing is refused."""
    if request.method == "PUT" and answer.status == 200:
        is_repeated = request.memory.get(request.path) == request.body
        request.memory[request.path] = request.body
        if is_repeated:
            answer.become(409)


@fault(test_changes_are_stored_as_sent)
def patch_replaces(request: Request) -> None:
    """PATCH removes the members that its content leaves out."""
    if request.method == "PATCH" and "/books/" in request.path and request.members:
        request.rewrite({"genre": None, "published_year": None, **request.members})


@fault(test_changes_are_stored_as_sent)
def null_is_no_value(request: Request) -> None:
    """PATCH ignores a null."""
    if request.method == "PATCH" and request.members:
        request.rewrite({name: value for name, value in request.members.items() if value is not None})


@fault(test_changes_are_stored_as_sent)
def put_forgets_a_member(request: Request) -> None:
    """PUT does not store the genre."""
    if request.method == "PUT":
        request.take("genre")


@fault(test_changes_are_stored_as_sent)
def the_newest_item_is_changed(request: Request, answer: Answer) -> None:
    """A write shows in another item too, the one that was made last."""
    if request.method == "POST" and answer.status == 201:
        request.memory["newest"] = answer.headers.get("location")
    elif request.method in ("PUT", "PATCH") and answer.status == 200:
        request.memory["written"] = request.members
    elif request.method == "GET" and request.path == request.memory.get("newest"):
        answer.put(**request.memory.get("written", {}))


@fault(test_changes_are_stored_as_sent)
def the_answer_is_about_another(request: Request) -> Steps:
    """A write is answered with another item."""
    answer = yield
    if request.method in ("PUT", "PATCH") and "id" in answer.members:
        answer.put(id=answer.members["id"] + 1)
