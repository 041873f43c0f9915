"""How paths name items, and by which member of an item they do."""

import re
from collections.abc import Iterable, Mapping

from .lines import escape

DATA, ID = "data", "id"
PARAMETER = re.compile(r"\{[^{}/]*\}")
# The path of an item: one parameter behind the path of its collection.
ITEM = re.compile(r"(?P<above>.*)/\{(?P<parameter>[^{}/]+)\}/?")
WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def path_shape(path: str) -> str:
    """Return a path without the names of its parameters: /pets/{id}/toys and /pets/{petId}/toys/ are one path."""
    return PARAMETER.sub("{}", path.rstrip("/"))


def parameters_in(path: str) -> list[str]:
    """Return the names of the parameters in a path, from left to right."""
    return [name[1:-1] for name in PARAMETER.findall(path)]


def named_part(path: str) -> str:
    """Return a path up to its last parameter, which is the path of the item that it names; empty where it names none."""
    above, is_named, rest = path.rpartition("/{")
    return f"{above}/{{{rest.partition('/')[0]}" if is_named else ""


def collection_above(path: str) -> str:
    """Return the path of the collection that holds the item which a path names; empty where it names none."""
    return named_part(path).rpartition("/")[0]


def item_parameters(paths: Iterable[str]) -> dict[str, str]:
    """Return the parameter that names the items right below a path, by the shape of that path."""
    found = (ITEM.fullmatch(path) for path in paths)
    return {path_shape(path["above"]): path["parameter"] for path in found if path}


def key_member(members: Iterable[str], parameter: str) -> str | None:
    """
    Return the member that names an item in a path: what the parameter is called after, or ends with, else `id`.

    `widgetId`, `widget_id` and `widget-id` are one name, and `user_name` ends with `name`. None where there is none.
    """
    known = list(members)
    end = (WORD.findall(parameter) or [""])[-1]
    for name in (parameter, end, ID):
        found = next((each for each in known if plain(each) == plain(name)), None)
        if found is not None and plain(name):
            return found
    return None


def plain(name: str) -> str:
    """Return a name in lower case and without what stands between its words."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def key_one_level_down(inner: Mapping[str, Iterable[str]], parameter: str) -> str | None:
    """
    Return the pointer to what names an item in the one object inside it that has such a member; None where none has.

    `inner` has the names of the members of each object inside it.
    """
    found = {name: member for name, each in inner.items() if (member := key_member(each, parameter)) is not None}
    return "".join(f"/{escape(name)}/{escape(member)}" for name, member in found.items()) if len(found) == 1 else None
