"""Members of extension keys that have another name since contract 0.2.0: the only place that knows the old ones."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .lines import Mistake, place
from .pointer import nodes


@dataclass(frozen=True)
class Renamed:
    """
    A member `old` of the extension key `key` that is called `new` now.

    It stands where it stood, unless it `is_moved`: then it is a key of its own, beside the one that it was in.
    """

    key: str
    old: str
    new: str
    is_moved: bool = False

    def stands_in(self, node: Mapping[str, Any]) -> bool:
        """Tell whether a node of a document has the old name."""
        value = node.get(self.key)
        return isinstance(value, dict) and self.old in value

    def rename_in(self, node: dict[str, Any]) -> None:
        """Give the member its new name, in a node that has the old one."""
        value = node[self.key].pop(self.old)
        home = node if self.is_moved else node[self.key]
        home[self.new] = value

    @property
    def old_pointer(self) -> str:
        """Where it stood, below the node that has the key."""
        return f"/{self.key}/{self.old}"

    @property
    def new_pointer(self) -> str:
        """Where it stands now, below the same node."""
        return f"/{self.new}" if self.is_moved else f"/{self.key}/{self.new}"

    @property
    def remedy(self) -> str:
        """What to do about the old name."""
        where = f"beside {self.key}" if self.is_moved else "in its place"
        return f"`{self.old}` of {self.key} is called `{self.new}` now: write that {where}"


RENAMED = (
    Renamed("x-rate-limit", "sizes", "x-size-limits", is_moved=True),
    Renamed("x-unique", "twins", "equivalent"),
    Renamed("x-cache", "lag", "max-staleness"),
    Renamed("x-access", "otherwise", "refusal"),
)


def old_names(raw: Any) -> Iterator[tuple[str, dict[str, Any], Renamed]]:
    """Yield each old name in a document: the pointer of the node that has the key, that node, and what it is called now."""
    for pointer, node in nodes(raw):
        for renamed in RENAMED:
            if renamed.stands_in(node):
                yield pointer, node, renamed


def old_names_told(raw: Any, places: Mapping[str, str]) -> list[Mistake]:
    """Return a line for each old name of a document, with the name that it has now."""
    found = old_names(raw)
    return [Mistake(place(places, pointer + renamed.old_pointer), renamed.remedy) for pointer, _, renamed in found]


def with_new_names(raw: Any, places: Mapping[str, str]) -> dict[str, str]:
    """Give every old name of a document its new one, and return the places (`file:line`) by the new pointers."""
    moved = {}
    for pointer, node, renamed in list(old_names(raw)):
        renamed.rename_in(node)
        moved[pointer + renamed.old_pointer] = pointer + renamed.new_pointer
    return {moved_pointer(each, moved): where for each, where in places.items()}


def moved_pointer(pointer: str, moved: Mapping[str, str]) -> str:
    """Return where a pointer leads after some nodes were moved, it or one above it perhaps among them."""
    above = pointer
    while above and above not in moved:
        above = above.rpartition("/")[0]
    return moved[above] + pointer.removeprefix(above) if above else pointer
