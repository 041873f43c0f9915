"""CURSOR-06: cursors grant no access."""

from typing import Any

from bookplate import Severity, control, expect, experiment, fault
from bookplate.contract import has_cursors, is_paged
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Collection, Users

from ._shared import NOTHING_MORE, first_cursor, is_feed, seen_by


@experiment(
    "CURSOR-06",
    source="OWASP API1:2023; x-pagination",
    owasp=("API1:2023",),
    applies=has_cursors,
    severity=Severity.SECURITY,
)
def test_cursors_grant_no_access(collection: Collection, users: Users) -> None:
    """
    A caller with another user's cursor sees no item that this caller does not also see without it.

    Where a list with numbered pages shows the same items to the same callers, a walk by cursors meets those items.

    Why it matters: cursors stand in URLs and logs. If one opens the list of its owner, readers of the log see private
    items.

    To mend it: apply the filter by caller to every page, also where a cursor is there. The cursor may only say
    where to go on, and never whose items or which rights.
    """
    own = seen_by(collection, users.owner)
    others = seen_by(collection, users.stranger)
    cursor = first_cursor(own)
    control(own.get({**own.asking_for(own.size()), own.page.place: cursor}), "the owner's cursor sent by a stranger")
    others.narrow = own.narrow

    visible: set[Any] = set()
    if others.get({}).status not in (401, 403, 404):
        visible = set(others.keys(others.walk(own.size())))
    before = list(own.last)
    answer = others.get({**own.asking_for(own.size()), others.page.place: cursor})
    others.last = [*before, answer]
    shown = set(others.keys([others.items(answer)])) if answer.status == 200 else set()

    leaked = shown - visible
    expect.equal(leaked, set(), what="the owner's cursor shows a stranger more", shown=others.evidence)
    for numbered in lists_like(own):
        walked = set(own.keys(own.walk(own.size())))
        listed = set(own.keys(numbered.walk(own.size())))
        expect.equal(
            walked ^ listed,
            set(),
            what=f"either {own.operation.id} or {numbered.operation.id} shows, and the other does not",
            shown=own.evidence,
        )


def lists_like(collection: Collection) -> list[Collection]:
    """Return the lists with numbered pages that show the same items to the same callers, filtered in the same way."""
    resources = collection.resources
    found = []
    for operation in filter(is_paged, resources.document.operations):
        other = Collection(operation, resources)
        other.narrow = same_filters(collection, other)
        if other.listed == collection.listed and is_narrowed(collection, other) and has_same_callers(collection, other):
            found.append(other)
    return found


def same_filters(collection: Collection, other: Collection) -> dict[str, Any]:
    """Return the query by which another list is filtered as a collection is, as far as it has such filters."""
    wanted = [(collection.page.filters[name], value) for name, value in collection.narrow.items()]
    return {name: value for each, value in wanted for name, own in other.page.filters.items() if own == each}


def is_narrowed(collection: Collection, other: Collection) -> bool:
    """Tell whether another list has each filter of a collection, and all that its operation needs."""
    required = {parameter.name for parameter in other.operation.parameters if parameter.required}
    return required | set(collection.narrow) <= set(other.narrow)


def has_same_callers(collection: Collection, other: Collection) -> bool:
    one, two = collection.operation, other.operation
    return one.secured == two.secured and one.access == two.access


@fault(test_cursors_grant_no_access)
def cursors_say_who_asks(request: Request) -> Steps:
    """The first caller sees the items; other callers see them only with a cursor."""
    caller = request.headers.get("authorization", "")
    if caller:
        request.memory.setdefault("first caller", caller)
    first_caller = request.memory.get("first caller", caller)
    answer = yield
    if is_feed(request, answer) and "cursor" not in request.query and caller != first_caller:
        answer.put(items=[], **NOTHING_MORE)


@fault(test_cursors_grant_no_access)
def the_feed_lacks_what_the_list_shows(request: Request, answer: Answer) -> None:
    """Every third item is missing in the list with cursors."""
    if is_feed(request, answer):
        items = [item for item in answer.members["items"] if item["id"] % 3]
        answer.put(items=items)
