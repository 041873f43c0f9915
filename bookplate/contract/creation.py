"""Creations: which operations make something, what their answers show of it, and by which member it is named."""

from dataclasses import dataclass
from typing import Any, Protocol

from .facts import Fact, Origin, declared
from .item_keys import DATA, ID, ITEM, key_member, key_one_level_down, parameters_in
from .lines import escape
from .media import Body
from .parameter import Parameter
from .pointer import look_up
from .response import Response
from .schema import Schema

# Who chooses a name seldom chooses a UUID.
MADE_BY_SERVERS = "uuid"


@dataclass(frozen=True)
class Creation:
    """The answer by which an operation says that it has made something, and the pointer to that in its content."""

    response: Response
    wrapper: str = ""

    @property
    def schema(self) -> Schema | None:
        """What was made looks like in the content; None where the document does not say."""
        return inside(self.response.schema, self.wrapper)


class Maker(Protocol):
    """An operation, as far as it says whether it makes something."""

    @property
    def id(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def body(self) -> Body | None: ...
    @property
    def path_parameters(self) -> tuple[Parameter, ...]: ...
    @property
    def success(self) -> Response: ...
    def documents(self, *statuses: int | str) -> bool: ...
    def response(self, status: int | str) -> Response: ...


@dataclass(frozen=True)
class Surroundings:
    """
    What stands around an operation in the document.

    `parameter` names the items right below its path, and is empty where there are none. `has_post_above` says whether the
    collection that its path stands in has a POST, and `is_read` whether a GET reads what its path names. `where` is the
    place of its 201.
    """

    parameter: str
    has_post_above: bool
    is_read: bool
    where: str


def creation_of(operation: Maker, around: Surroundings) -> Fact[Creation] | None:
    """
    Return how an operation makes something; None where it does not.

    A documented 201 says so (RFC 9110, section 15.3.2). Where there is none, it is guessed of a POST right above the path
    of an item, and of a PUT on a name that the client chooses.
    """
    if operation.documents(201):
        answer = operation.response(201)
        return declared(Creation(answer, wrapper_of(answer.schema)), f"{operation.id} documents 201, {around.where}")
    if operation.role or (operation.body is None and operation.method == "PUT"):
        return None
    if operation.method == "PUT":
        return creation_by_name(operation, around)
    return creation_in_collection(operation, around.parameter) if operation.method == "POST" else None


def creation_in_collection(operation: Maker, parameter: str) -> Fact[Creation] | None:
    """
    Return how a POST right above the path of an item makes it, as its success shows; None where it does not.

    That shows the key of the item or documents a Location, or the document says nothing of what it shows.
    """
    if not parameter:
        return None
    answer = operation.success
    guess = Creation(answer, wrapper_of(answer.schema))
    shown = place_of_key(guess.schema, parameter) if guess.schema else None
    says_nothing = operation.body is not None and (answer.schema is None or answer.schema.is_empty)
    if shown is not None:
        what = f"with '{shown.removeprefix('/')}'"
    elif answer.header("Location") is not None:
        what = "with a Location"
    elif says_nothing and answer.status:
        what = "and does not say what it shows"
    else:
        return None
    evidence = f"{operation.id} answers {answer.status} {what}, and {operation.path}/{{{parameter}}} stands below it"
    return Fact(guess, Origin.GUESSED, evidence)


def place_of_key(schema: Schema, parameter: str) -> str | None:
    """Return the pointer to the member that names an item: one of its own, or one of an object inside it; None where none does."""
    members = schema.members
    own = key_member(members, parameter)
    if own is not None:
        return f"/{escape(own)}"
    return key_one_level_down({name: each.members for name, each in members.items()}, parameter)


def creation_by_name(operation: Maker, around: Surroundings) -> Fact[Creation] | None:
    """Return how a PUT makes what its path names, where nothing else makes such items; None where it does not."""
    is_item = ITEM.fullmatch(operation.path) is not None
    if not is_item or around.has_post_above or not around.is_read or not is_chosen(operation):
        return None
    answer = operation.success
    evidence = f"{operation.id} is a PUT on a name, and no POST stands above it"
    return Fact(Creation(answer, wrapper_of(answer.schema)), Origin.GUESSED, evidence)


def is_chosen(operation: Maker) -> bool:
    """Tell whether the last parameter of a path is a text that a client may choose."""
    name = parameters_in(operation.path)[-1:]
    schema = next((each.schema for each in operation.path_parameters if [each.name] == name), None)
    is_text = schema is not None and schema.type == "string" and not schema.is_fixed and not schema.enum
    return is_text and schema is not None and schema.format != MADE_BY_SERVERS


def wrapper_of(schema: Schema | None) -> str:
    """
    Return the pointer to an object that stands alone in another one, as in {"article": {...}}; empty where none does.

    Beside a member called `data` there may be others, which tell of the answer.
    """
    members = schema.members if schema else {}
    if ID in members:
        return ""
    name = DATA if DATA in members else next(iter(members), "")
    is_alone = len(members) == 1 or name == DATA
    return f"/{escape(name)}" if is_alone and name and members[name].members else ""


def inside(schema: Schema | None, pointer: str) -> Schema | None:
    """Return the schema of a member that a pointer of one step names; the schema itself where it has none."""
    if schema is None or not pointer:
        return schema
    return next((each for name, each in schema.members.items() if f"/{escape(name)}" == pointer), None)


def wrapper_of_content(schema: Schema | None, shown: Schema | None) -> str:
    """
    Return the pointer to an object that stands alone in the content of a request; empty where none does.

    Where the answer shows an item that has a member of that name, the object is that member and no wrapper.
    """
    pointer = wrapper_of(schema)
    item = inside(shown, wrapper_of(shown))
    is_member = item is not None and any(f"/{escape(name)}" == pointer for name in item.members)
    return "" if is_member else pointer


def unwrapped(value: Any) -> Any:
    """Return the object that stands alone in another one, as `wrapper_of` has it; any other value as it is."""
    if not isinstance(value, dict) or ID in value:
        return value
    name = DATA if DATA in value else next(iter(value), "")
    is_alone = len(value) == 1 or name == DATA
    inner = look_up(value, f"/{escape(name)}") if is_alone else None
    return inner if isinstance(inner, dict) else value
