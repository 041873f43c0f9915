"""How operations hang together: which one makes what another one's path names, and by which member it is named."""

from collections.abc import Callable, Mapping, Sequence

from .creation import place_of_key
from .facts import Fact, Origin, declared
from .item_keys import ITEM, collection_above, item_parameters, named_part, path_shape
from .operation import Operation
from .schema import Schema


def collection_of(operation: Operation) -> str:
    """Return the shape of the path of the collection that an operation writes to: of an item it is the one above it."""
    is_item = operation.method != "POST" and ITEM.fullmatch(operation.path) is not None
    return path_shape(collection_above(operation.path) if is_item else operation.path)


class Relations:
    """
    The operations of a document as they hang together by links, paths and schemas.

    `where` returns the place of a JSON pointer into the document.
    """

    def __init__(self, operations: Sequence[Operation], where: Callable[[str], str]) -> None:
        self.operations = operations
        self.where = where
        self.parameters = item_parameters(each.path for each in operations)

    def creators_of(self, schema: Schema | None) -> tuple[Operation, ...]:
        """Return the operations that make what has this schema; none where it is None."""
        return tuple(each for each in self.operations if schema is not None and each.created == schema)

    def creator(self, operation: Operation) -> Fact[Operation] | None:
        """
        Return the operation that makes what the path of this one names, as a link or the path says.

        None where neither does; then the schema of what is read may tell (`creators_of`).
        """
        for each in self.operations:
            if any(link.operation_id == operation.id for link in each.links_to_created):
                return declared(each, f"a link of {each.id}, {self._place_of_links(each)}")
        return self.creator_at(operation.path)

    def creator_at(self, path: str) -> Fact[Operation] | None:
        """Return what makes the item that a path names: a creation in the collection above it, else one by its name."""
        above, itself = path_shape(collection_above(path)), path_shape(named_part(path))
        in_collection = (each for each in self.operations if each.creates and path_shape(each.path) == above)
        by_name = (each for each in self.operations if each.names_what_it_makes and path_shape(each.path) == itself)
        for each in (*in_collection, *by_name) if itself else ():
            makes = each.facts.creation
            if makes is not None and makes.origin is not Origin.DECLARED:
                return Fact(each, makes.origin, makes.evidence)
            names = "names it" if each.names_what_it_makes else "is the one above"
            return declared(each, f"the path of {each.id} {names}")
        return None

    def creator_in(self, lister: Operation) -> Fact[Operation] | None:
        """Return the operation that makes what a list shows, as its path says; None where none does."""
        found = self.creator_at(f"{lister.path.rstrip('/')}/{{item}}")
        return Fact(found.value, Origin.GUESSED, f"{found.value.id} makes what {lister.id} lists") if found else None

    def shows(self, operation: Operation, creator: Operation) -> bool:
        """Tell whether an operation reads what another one makes, alone or in a list, as the schemas or the paths say."""
        made = creator.created
        if made is not None and not made.is_empty and operation.shown == made:
            return True
        collection = collection_of(creator)
        is_list_of_it = operation.pagination is not None and path_shape(operation.path) == collection
        return operation.method == "GET" and (is_list_of_it or path_shape(operation.path) == f"{collection}/{{}}")

    def _place_of_links(self, creator: Operation) -> str:
        status = creator.creation.response.status if creator.creation else "201"
        return self.where(f"{creator.pointer}/responses/{status}/links")

    def linked_identifiers(self, creator: Operation) -> dict[str, Fact[str]]:
        """Return, for each path parameter that a link gives, the pointer to it in the answer that shows a new item."""
        return {
            name: declared(pointer, f"a link of {creator.id}, {self._place_of_links(creator)}")
            for link in creator.links_to_created
            for name, pointer in link.pointers.items()
        }

    def identifiers(self, creator: Operation) -> Mapping[str, Fact[str]]:
        """
        Return, for each path parameter, the pointer to its argument in the answer that shows a new item.

        That is as the links say. Where there are none, it is the member that the parameter of the item's path is called
        after, or else `id`.
        """
        return self.linked_identifiers(creator) or self._usual_identifiers(creator)

    def _usual_identifiers(self, creator: Operation) -> dict[str, Fact[str]]:
        wrapper = creator.creation.wrapper if creator.creation else ""
        usual = declared(f"{wrapper}/id", f"no link of {creator.id} says otherwise")
        found = {each.name: usual for operation in self.operations for each in operation.path_parameters}
        parameter = self.parameters.get(path_shape(creator.path), "")
        place = place_of_key(creator.created, parameter) if creator.created and parameter else None
        if place is not None and place != "/id":
            evidence = f"'{place.removeprefix('/')}' is what {{{parameter}}} below {creator.path} is called"
            found[parameter] = Fact(f"{wrapper}{place}", Origin.GUESSED, evidence)
        return found


def key_of_items(operation: Operation, parameter: str) -> Fact[str] | None:
    """
    Return the pointer to what tells the items of a list apart: what x-pagination names, else `id`.

    Where items have no `id`, it is the member that the parameter of their path is called after. None where there is
    none, and for an operation that is no list.
    """
    pagination = operation.facts.pagination
    if pagination is None:
        return None
    if pagination.value.key is not None:
        return Fact(pagination.value.key, pagination.origin, pagination.evidence)
    members = operation.shown.members if operation.shown else {}
    if "id" in members or not members:
        return declared("/id", f"the items of {operation.id} have an 'id'")
    place = place_of_key(operation.shown, parameter) if operation.shown else None
    if place is None:
        return None
    evidence = f"'{place.removeprefix('/')}' is what {{{parameter}}} below {operation.path} is called"
    return Fact(place, Origin.GUESSED, evidence)


def makers_by_schema(operations: Sequence[Operation]) -> dict[Schema, list[Operation]]:
    """Return the operations that make something, by the schema of what they make."""
    makers: dict[Schema, list[Operation]] = {}
    for operation in operations:
        if operation.created is not None and not operation.created.is_empty:
            makers.setdefault(operation.created, []).append(operation)
    return makers


def unique_members(operation: Operation, makers: Mapping[Schema, list[Operation]]) -> dict[str, Schema]:
    """Return the members of its content that are x-unique there, or where the same thing is made, with their schemas."""
    if operation.method == "POST" and not operation.creates:
        return {}  # to sign in with a value claims nothing
    made = operation.answered
    alike = makers.get(made, []) if made is not None else []
    marked = {name: schema for each in (operation, *alike) for name, schema in each.members.items() if schema.is_unique}
    return {name: marked[name] for name in operation.members if name in marked}
