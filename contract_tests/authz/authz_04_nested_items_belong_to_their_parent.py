"""AUTHZ-04: an item is reached below its own parent alone."""

from dataclasses import replace

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, is_collection
from bookplate.faults import Answer, Request
from bookplate.fixtures import Collection, PreparedRequest, Resources


def is_nested(operation: Operation) -> bool:
    """Its path names an item below another one, or a collection below an item."""
    arguments = len(operation.path_parameters)
    if is_collection(operation):
        return arguments > 0
    return arguments > 1


@experiment("AUTHZ-04", source="OWASP API1:2023; #/paths", applies=is_nested)
def test_nested_items_belong_to_their_parent(operation: Operation, resources: Resources) -> None:
    """
    A collection below a parent has exactly the parent's items, and an item below another parent is 403 or 404.

    The caller owns the parent in the path, which gives no access to items of another parent. A collection below a
    parent that does not exist is 404, where the document says so.

    Why it matters: some services check the parent in the path and then load the item by its id alone. Every user
    then reaches all items through a parent of their own.
    """
    if is_collection(operation):
        first, second = Collection(operation, resources), Collection(operation, resources)
        parents_list_their_own_items(first, second)
        absent_parent_is_not_found(first)
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
    before = resources.read(allowed)
    if item is None or item.parent is None:
        raise NotChecked("what its path names is not made below a parent")
    of_the_owner = resources.subject(item.creator)
    of_a_stranger = resources.subject(item.creator, resources.users.stranger)

    for parent, trial in expect.each((of_the_owner, of_a_stranger)):
        with trial:
            misplaced = PreparedRequest(operation, parent.owner, replace(item, parent=parent))
            answer = resources.write(misplaced, before.header("etag"))
            expect.status((403, 404), answer, what="below another parent", after=[item.made, parent.made])

            after = resources.read(allowed)
            expect.that(
                after.json() == before.json(),
                f"below another parent it was changed: {answer.describe()}",
                expected="no effect",
                shown=[item.made, parent.made, answer],
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
