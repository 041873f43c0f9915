"""AUTHZ-04: an item is reached below its own parent alone."""

from dataclasses import replace
from functools import partial

from bookplate import NotChecked, control, expect, experiment, fault, rests_on
from bookplate.contract import Fact, Operation, Origin, is_collection
from bookplate.faults import Answer, Request
from bookplate.fixtures import Collection, Item, PreparedRequest, Resources
from bookplate.wire import Exchange


def is_nested(operation: Operation) -> bool:
    """Its path names an item below another one, or a collection below an item."""
    arguments = len(operation.path_parameters)
    if is_collection(operation):
        return arguments > 0
    return arguments > 1


@experiment("AUTHZ-04", source="OWASP API1:2023; #/paths", owasp=("API1:2023",), applies=is_nested)
def test_nested_items_belong_to_their_parent(operation: Operation, resources: Resources) -> None:
    """
    A collection below a parent has exactly the parent's items, and an item below another parent is refused.

    The caller owns the parent in the path, which gives no access to items of another parent. The same request below the
    item's own parent succeeds. Where the document does not say who may, it is a guess that an item has one parent. A
    collection below a parent that does not exist is 404, where the document says so.

    Why it matters: some services check the parent in the path and then load the item by its id alone. Every user
    then reaches all items through a parent of their own.

    To mend it: put the id of the parent into every query below it, for lists and for items: `WHERE parent_id = ?`.
    Load the parent first, with the check of access, and answer 404 where it is not there.
    """
    if is_collection(operation):
        first, second = Collection(operation, resources), Collection(operation, resources)
        parts = (partial(parents_list_their_own_items, first, second), partial(absent_parent_is_not_found, first))
        for part, trial in expect.each(parts):
            with trial:
                part()
    else:
        item_stays_below_its_parent(operation, resources)


def parents_list_their_own_items(first: Collection, second: Collection) -> None:
    """Plant an item below each of two parents, and expect each parent to list its own alone."""
    planted = {first: first.plant(1), second: second.plant(1)}

    for (collection, expected), trial in expect.each(planted.items()):
        with trial:
            # Items of another parent would not pass a filter.
            collection.narrow = {}
            found = set(collection.keys(collection.walk(collection.bounds[1])))
            collection.expect("shown below its parent", found, expected)


def absent_parent_is_not_found(collection: Collection) -> None:
    """Expect 404 for the collection of a parent that does not exist, where the document says so."""
    operation = collection.operation
    credential = collection.prepared.caller.credential_for(operation)
    answer = collection.resources.client.call(operation, arguments=operation.nowhere, credential=credential)
    if operation.documents(404):
        expect.status(404, answer, what="below a parent that does not exist")


def item_stays_below_its_parent(operation: Operation, resources: Resources) -> None:
    """Ask for an item below another parent of its owner's, and below one of a stranger's as that stranger."""
    allowed = resources.prepare(operation)
    item = allowed.item
    if item is None or item.parent is None:
        raise NotChecked("what its path names is not made below a parent")
    if makes_what_is_missing(operation):
        raise NotChecked("it makes the item where there is none, below any parent: nothing to write")
    if operation.access is None:
        rests_on(
            Fact(operation.path, Origin.GUESSED, f"an item of {operation.path} belongs to one parent, as its path says")
        )
    found = control(resources.read(allowed), "what is below another parent")
    tag = found.header("etag")
    of_the_owner = resources.subject(item.creator)
    of_a_stranger = resources.subject(item.creator, resources.users.stranger)

    answers: list[tuple[Item, Exchange]] = []
    before: Exchange | None = found
    for parent, trial in expect.each((of_the_owner, of_a_stranger)):
        with trial:
            # What it did by the first parent is not held against the second one.
            before_it = before if before is not None else resources.read(allowed)
            before = None
            answer = resources.write(PreparedRequest(operation, parent.owner, replace(item, parent=parent)), tag)
            answers.append((parent, answer))
            expect_found_nowhere_else(answer, before_it, allowed, resources, [item.made, parent.made])
            before = before_it
    control(resources.write(allowed, tag), "a refusal below another parent")
    for (parent, answer), trial in expect.each(answers):
        with trial:
            expect.refusal(answer, what="below another parent", after=[item.made, parent.made])


def makes_what_is_missing(operation: Operation) -> bool:
    """Tell whether a PUT makes an item where there is none (RFC 9110, section 9.3.4): then it documents a 201."""
    return operation.method == "PUT" and operation.documents(201)


def expect_found_nowhere_else(
    answer: Exchange, before: Exchange, allowed: PreparedRequest, resources: Resources, made: list[Exchange]
) -> None:
    """Expect an answer to a request below another parent to be no success, and the item to read as before."""
    is_found = 200 <= answer.status < 300
    expect.that(not is_found, f"below another parent: {answer.describe()}", expected="a refusal", shown=[*made, answer])
    after = resources.read(allowed)
    changed = resources.moving.changes(before, after, partial(resources.read, allowed))
    expect.that(
        after.status == before.status and not changed,
        f"below another parent it was changed: {answer.describe()}, {', '.join(changed) or after.status}",
        expected="no effect",
        shown=[*made, answer],
    )


@fault(test_nested_items_belong_to_their_parent)
def the_parent_is_ignored(request: Request) -> None:
    """The collection of one user shows the items of all users."""
    if request.path.endswith("/books"):
        request.path = "/api/books"


@fault(test_nested_items_belong_to_their_parent, statuses=(404,))
def an_absent_parent_has_an_empty_collection(request: Request, answer: Answer) -> None:
    """The collection of a parent that does not exist is empty instead of 404."""
    if request.path.endswith("/books"):
        answer.become(200, {"items": []})
