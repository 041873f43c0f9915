"""Creations: which operations make something, what their answers show of it, and by which member it is named."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from .facts import Fact, Origin, declared
from .lines import escape
from .pointer import look_up
from .response import Response
from .schema import Schema

# The usual name of a member that holds what was asked for, beside members about the answer itself.
DATA = "data"
ID = "id"
# The path of an item: one parameter behind the path of its collection.
ITEM = re.compile(r"(?P<above>.*)/\{(?P<parameter>[^{}/]+)\}/?")


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
    def success(self) -> Response: ...
    def documents(self, *statuses: int | str) -> bool: ...
    def response(self, status: int | str) -> Response: ...


def creation_of(operation: Maker, parameter: str, where: str) -> Fact[Creation] | None:
    """
    Return how an operation makes something; None where it does not.

    A documented 201 says so (RFC 9110, section 15.3.2). Where there is none, it is guessed of a POST right above the path
    of an item whose success shows the key of the item, or documents a Location. `parameter` names the items right below its
    path; it is empty where there are none.
    """
    if operation.documents(201):
        answer = operation.response(201)
        return declared(Creation(answer, wrapper_of(answer.schema)), f"{operation.id} documents 201, {where}")
    if operation.method != "POST" or operation.role or not parameter:
        return None
    answer = operation.success
    guess = Creation(answer, wrapper_of(answer.schema))
    shown = key_member(guess.schema.properties, parameter) if guess.schema else None
    if shown is None and answer.header("Location") is None:
        return None
    what = f"'{shown}'" if shown else "a Location"
    evidence = (
        f"{operation.id} answers {answer.status} with {what}, and {operation.path}/{{{parameter}}} stands below it"
    )
    return Fact(guess, Origin.GUESSED, evidence)


def item_parameters(paths: Iterable[str]) -> dict[str, str]:
    """Return the parameter that names the items right below a path, by that path: /widgets for /widgets/{widget_id}."""
    found = (ITEM.fullmatch(path) for path in paths)
    return {path["above"]: path["parameter"] for path in found if path}


def key_member(members: Iterable[str], parameter: str) -> str | None:
    """
    Return the member that names an item: the one that the parameter of its path is called after, else `id`.

    `widgetId`, `widget_id` and `widget-id` are one name. None where there is neither.
    """
    known = list(members)
    return next((name for name in known if plain(name) == plain(parameter)), ID if ID in known else None)


def plain(name: str) -> str:
    """Return a name in lower case and without what stands between its words."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def wrapper_of(schema: Schema | None) -> str:
    """
    Return the pointer to an object that stands alone in another one, as in {"article": {...}}; empty where none does.

    Beside a member called `data` there may be others, which tell of the answer.
    """
    members = schema.properties if schema else {}
    if ID in members:
        return ""
    name = DATA if DATA in members else next(iter(members), "")
    is_alone = len(members) == 1 or name == DATA
    return f"/{escape(name)}" if is_alone and name and members[name].properties else ""


def inside(schema: Schema | None, pointer: str) -> Schema | None:
    """Return the schema of a member that a pointer of one step names; the schema itself where it has none."""
    if schema is None or not pointer:
        return schema
    return next((each for name, each in schema.properties.items() if f"/{escape(name)}" == pointer), None)


def unwrapped(value: Any) -> Any:
    """Return the object that stands alone in another one, as `wrapper_of` has it; any other value as it is."""
    if not isinstance(value, dict) or ID in value:
        return value
    name = DATA if DATA in value else next(iter(value), "")
    is_alone = len(value) == 1 or name == DATA
    inner = look_up(value, f"/{escape(name)}") if is_alone else None
    return inner if isinstance(inner, dict) else value
