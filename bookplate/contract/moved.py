"""Lays out a document anew whose nodes have moved: each keeps its line, and references lead to where it stands now."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from .content import MOST_NODES, Content
from .lines import DocumentError, Mistake, escape
from .pointer import nodes
from .references import pointer_to
from .structure import items


class Moved:
    """
    Where the objects of a document stood before they move, known by their identity.

    A conversion moves objects and makes new ones in place of old ones; `laid_out` makes one tree of what came of it.
    """

    def __init__(self, content: Content) -> None:
        self.content = content
        self.before = dict(nodes(content.value))
        self.pointers = {id(node): pointer for pointer, node in self.before.items()}
        self.kept: list[Any] = []  # an identity may be given away again once its object is gone

    def in_place_of(self, old: Any, new: dict[str, Any]) -> dict[str, Any]:
        """Return a new object, which has the place of an old one from here on."""
        self.kept.append(new)
        if id(old) in self.pointers:
            self.pointers[id(new)] = self.pointers[id(old)]
        return new

    def at(self, reference: str) -> Any:
        """Return the object that a reference within the document led to; None where it led to none."""
        return self.before.get(unquote(reference[1:])) if reference.startswith("#") else None

    def where(self, node: Any) -> str:
        """Return file and line of an object; those of the document where it has none."""
        return self.content.places.get(self.pointers.get(id(node), ""), f"{self.content.location}:1")

    def notice(self, node: Any, text: str) -> None:
        """Note at the place of an object what is not read as it is written, once."""
        note(self.content.notices, Mistake(self.where(node), text))

    def mistake(self, node: Any, text: str) -> None:
        """Note a mistake at the place of an object, once."""
        note(self.content.mistakes, Mistake(self.where(node), text))

    def laid_out(self, root: dict[str, Any]) -> Content:
        """Return the content of the new document, in which no object is shared."""
        tree: dict[str, Any] = {}
        places: dict[str, str] = {}
        now: dict[str, str] = {}  # pointers by what they were before
        pending: list[tuple[Any, Any, Any, str, str]] = [(tree, "", root, "", "")]
        for count, (holder, key, node, inherited, pointer) in enumerate(pending):  # which grows on the way
            if count > MOST_NODES:
                raise DocumentError(f"{self.content.location}:1: is converted to more than {MOST_NODES:,} nodes")
            before = self.pointers.get(id(node), inherited)
            now.setdefault(before, pointer)
            if before in self.content.places:
                places[pointer] = self.content.places[before]
            holder[key] = emptied(node)
            for name, member in members(node):
                below = f"/{escape(str(name))}"
                pending.append((holder[key], name, member, before + below, pointer + below))
        self.redirect(tree[""], now)
        return Content(self.content.location, tree[""], places, self.content.mistakes, self.content.notices)

    def redirect(self, root: dict[str, Any], now: dict[str, str]) -> None:
        """Let references lead to where things stand now."""
        for item in items("document", "", root):
            written = item.reference or ""
            before = unquote(written[1:])
            if written.startswith("#/") and before in now:
                item.node["$ref"] = pointer_to(now[before])


def note(noted: list[Mistake], found: Mistake) -> None:
    if found not in noted:
        noted.append(found)


def emptied(node: Any) -> Any:
    """Return a node as it is before its members are put in: an empty object, or a list of the same length."""
    if isinstance(node, dict):
        return {}
    return [None] * len(node) if isinstance(node, list) else node


def members(node: Any) -> Iterable[tuple[Any, Any]]:
    """Return the members of an object or a list by name or number; none of anything else."""
    if isinstance(node, dict):
        return node.items()
    return enumerate(node) if isinstance(node, list) else ()
