"""The nodes of a document: the line of each, and the node that a reference leads to."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import unquote

from .content import Content
from .lines import DocumentError, Mistake, escape, place
from .pointer import look_up
from .reading import Fetch
from .references import HOLE, References
from .renamed import old_names_told, with_new_names
from .structure import Item, items

T = TypeVar("T")


class Source:
    """
    The text of a document as plain data: `raw` is its root, `lines` has `file:line` for each JSON pointer.

    `location` is the file or the URL that it was read from. `mistakes` are those that did not keep it from being read,
    `notices` what was left unread that is no mistake by the standard.
    """

    def __init__(self, location: str, raw: dict[str, Any], lines: Mapping[str, str]) -> None:
        self.location = location
        self.raw = raw
        self.lines = lines
        self.mistakes: list[Mistake] = []
        self.notices: list[Mistake] = []
        self.old_names: list[Mistake] = []
        self.ids: dict[str, str] = {}  # of operations, by their pointers
        self.taken: list[Item] = []  # what references lead to outside of the structure of the document

    @classmethod
    def of(cls, content: Content, fetch: Fetch | None = None) -> "Source":
        """Return the nodes of a document whose references are followed into one tree; `fetch` gets what is on a URL."""
        references = References(content, fetch)
        references.close()
        source = cls(content.location, content.value, content.places)
        source.mistakes += [*content.mistakes, *references.mistakes]
        source.notices += [*content.notices, *references.notices]
        source.taken = references.taken
        return source

    @property
    def version(self) -> str:
        """The version of OpenAPI that it is written in, such as 3.1."""
        return str(self.raw.get("openapi", "3.0"))[:3]

    @cached_property
    def items(self) -> list[Item]:
        """Every object of the document, and of what it takes from elsewhere, in the order of the text."""
        taken = [each for item in self.taken for each in items(item.kind, item.pointer, item.node)]
        found = {(item.kind, item.pointer): item for item in [*items("document", "", self.raw), *taken]}
        return list(found.values())

    def where(self, pointer: str) -> str:
        """Return file and line of a JSON pointer, or of the nearest node above it that has a line."""
        return place(self.lines, pointer) or f"{self.location}:1"

    def where_is(self, node: Any, member: str | int = "") -> str:
        """Return file and line of an object or a list, or of a member of it; those of the document where it has none."""
        pointer = self._pointers.get(id(node), "")
        return self.where(f"{pointer}/{escape(str(member))}" if member != "" else pointer)

    def pointer_of(self, node: Any) -> str:
        """Return where an object or a list stands in the document; empty where it is no part of it."""
        return self._pointers.get(id(node), "")

    @cached_property
    def _pointers(self) -> dict[int, str]:
        """The pointer to each object and list, by its identity."""
        found: dict[int, str] = {}
        pending: list[tuple[str, Any]] = [("", self.raw)]
        while pending:
            pointer, node = pending.pop()
            members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
            if members is not None:
                found[id(node)] = pointer
                pending += [(f"{pointer}/{escape(str(key))}", member) for key, member in members]
        return found

    def resolve(self, node: Any) -> Any:
        """Follow `$ref` until something else stands there; references inside it are left alone."""
        passed: set[int] = set()
        while id(node) not in passed:
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                return node
            passed.add(id(node))
            node = self.at(node["$ref"])
        raise DocumentError(f"{self.location}: {node['$ref']} refers to itself: point it at a definition")

    def at(self, reference: str) -> Any:
        """Return the node of a reference such as `#/components/schemas/Book`; DocumentError where it leads nowhere."""
        node = look_up(self.raw, unquote(reference[1:])) if reference.startswith("#") else None
        if node is None:
            raise DocumentError(f"{self.location}: {reference} points at nothing: define it or mend the name")
        return node

    def mapping(self, node: Any, kind: str, remedy: str, pointer: str = "") -> dict[str, Any]:
        """
        Return a node with its references followed; empty where it is no object, which is a mistake with this remedy.

        `pointer` says where the node stands; one that is no object and no list is not found without it.
        """
        try:
            found = self.resolve(node)
        except DocumentError as problem:
            self.mistake(str(problem))
            return {}
        if isinstance(found, dict):
            return found
        self.mistake(f"{self.where(pointer) if pointer else self.where_is(node)}: this is no {kind}: {remedy}")
        return {}

    def listed(self, node: Any) -> list[Any]:
        """Return a node that is a list; empty where it is none."""
        return node if isinstance(node, list) else []

    def id_at(self, reference: str) -> str:
        """Return the id of the operation that a reference such as `#/paths/~1notes/get` leads to; empty where none is."""
        return self.ids.get(unquote(reference.removeprefix("#")), "")

    def is_hole(self, node: Any) -> bool:
        """Tell whether a node stands where a reference led nowhere."""
        return bool(self.hole(node))

    def hole(self, node: Any) -> str:
        """Return why a reference that stood at a node was not followed; empty where the node is no hole."""
        found = self.resolve(node)
        return str(found.get(HOLE, "")) if isinstance(found, dict) else ""

    def rename(self) -> None:
        """Give members of extension keys that have an old name their new one; each is a notice."""
        self.old_names += old_names_told(self.raw, self.lines)
        self.notices += self.old_names
        self.lines = with_new_names(self.raw, self.lines)

    def unless_mistaken(self, read: Callable[[], T]) -> T | None:
        """
        Return what an extension key says; None where it has another form than ours, which is a notice.

        Other tools may use the same name.
        """
        try:
            return read()
        except DocumentError as problem:
            self.notice(str(problem))
            return None

    def notice(self, text: str) -> None:
        """Note something that is left unread, once; the text begins with its place."""
        note(self.notices, text)

    def mistake(self, text: str) -> None:
        """Note a mistake that can be read past, once; the text begins with its place."""
        note(self.mistakes, text)


def note(noted: list[Mistake], text: str) -> None:
    where, _, told = text.partition(": ")
    found = Mistake(where, told)
    if found not in noted:
        noted.append(found)
