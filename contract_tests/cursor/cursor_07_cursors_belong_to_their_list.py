"""CURSOR-07: cursors belong to their list."""

from bookplate import SHOULD, experiment, fault
from bookplate.contract import has_cursors
from bookplate.faults import Request, Steps
from bookplate.fixtures import Collection, Users

from ._shared import fed, seen_by, start


@experiment("CURSOR-07", source="x-pagination; OWASP API1:2023", level=SHOULD, applies=has_cursors)
def test_cursors_belong_to_their_list(collection: Collection, users: Users) -> None:
    """
    A cursor that was changed, cut short, or made under another filter or sort or by another operation is refused.

    So is one that was made for another caller, where the collection is not public.
    """
    cursor, name, sort = start(collection), collection.page.place, collection.page.sort
    middle, operations = len(cursor) // 2, collection.resources.document.operations
    queries = [{name: f"{cursor[:middle]}{'AB'[cursor[middle] == 'A']}{cursor[middle + 1 :]}"}, {name: cursor[:middle]}]
    queries += [{name: cursor, other: f"{value} other"} for other, value in collection.narrow.items()]
    queries += [{name: cursor, sort.parameter: list(sort.keys)[-1]}] if sort else []
    others = [
        Collection(o, collection.resources) for o in operations if has_cursors(o) and o is not collection.operation
    ]
    for query in (*queries, *({name: start(other)} for other in others)):
        collection.refused(f"a cursor of something else than {query}", collection.get(query), *collection.last)
    if collection.operation.secured:
        borne = seen_by(collection, users.stranger).get({name: cursor})
        collection.refused("A's cursor borne by B", borne, *collection.last)


@fault(test_cursors_belong_to_their_list)
def the_filter_is_that_of_the_cursor(request: Request) -> Steps:
    """The cursor knows the filter, whatever else is asked for."""
    request.query |= request.memory.get(request.query.get("cursor", ""), {})
    filters = {"author": request.query.get("author", "")}
    yield from fed(request, lambda body: request.memory.update({body["next_cursor"]: filters}))
