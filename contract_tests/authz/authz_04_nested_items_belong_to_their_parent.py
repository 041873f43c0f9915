"""AUTHZ-04: nested items belong to their parent."""

from dataclasses import replace

from bookplate import NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, is_collection
from bookplate.faults import Answer, Request
from bookplate.fixtures import Collection, PreparedRequest, Resources


def is_nested(operation: Operation) -> bool:
    """Its path names an item below another one, or a collection below an item."""
    return bool(operation.path_parameters) and (is_collection(operation) or len(operation.path_parameters) > 1)


@experiment("AUTHZ-04", source="OWASP API1:2023; #/paths", applies=is_nested)
def test_nested_items_belong_to_their_parent(operation: Operation, resources: Resources) -> None:
    """
    A parent has what belongs to it and nothing else, be it listed or asked for by its id; one that is not there is 404.

    Who asks owns the parent in the path: that is no leave to reach what is below another.
    """
    if not is_collection(operation):
        return children_keep_to_their_parent(operation, resources)
    collections = [Collection(operation, resources), Collection(operation, resources)]
    for collection, planted in [(each, each.plant(1)) for each in collections]:
        collection.narrow = {}  # what others have would not show through a filter
        found = set(collection.keys(collection.walk(collection.bounds[1])))
        collection.expect("shown below its parent", found, planted)
    headers = collections[0].prepared.caller.headers() if operation.secured else {}
    absent = resources.client.call(operation, arguments=operation.nowhere, headers=headers)
    if operation.documents(404) and absent.status != 404:
        raise Violation(f"below nothing: {absent.describe()}", expected="404", exchanges=[absent])


def children_keep_to_their_parent(operation: Operation, resources: Resources) -> None:
    """Ask for a child below another parent of its owner's, and below one of B's as B: both in vain."""
    prepared = resources.prepare(operation)
    item, before = prepared.item, resources.read(prepared)
    if item is None or item.parent is None:
        raise NotChecked("what its path names is not made below a parent")
    for parent in (resources.subject(item.creator), resources.subject(item.creator, resources.users.stranger)):
        stranger = PreparedRequest(operation, parent.owner, replace(item, parent=parent))
        answer = resources.write(stranger, before.header("etag"))
        if answer.status not in (403, 404) or resources.read(prepared).json() != before.json():
            observed = f"below another parent: {answer.describe()}"
            raise Violation(observed, expected="403 or 404", exchanges=[item.made, parent.made, answer])


@fault(test_nested_items_belong_to_their_parent)
def children_of_all_parents(request: Request) -> None:
    """The parent in the path is not looked at."""
    request.path = "/api/books" if request.path.endswith("/books") else request.path


@fault(test_nested_items_belong_to_their_parent, statuses=(404,))
def nobody_has_nothing(request: Request, answer: Answer) -> None:
    """A parent that is not there has an empty collection."""
    answer.become(200, {"items": []}, where=request.path.endswith("/books"))
