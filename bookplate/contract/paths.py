"""The paths of a document: what stands below each, and what its operations are called."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import count
from typing import Any

from .item_keys import item_parameters, path_shape
from .lines import escape
from .source import Source
from .structure import METHODS


class Paths:
    """Each path of a document with its path item (OpenAPI 3.0.3, sections 4.7.8 and 4.7.9)."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def items(self) -> list[tuple[str, dict[str, Any]]]:
        """Return each path with what stands below it; what is no path item is a mistake, and empty."""
        paths = self.source.mapping(self.source.raw.get("paths", {}), "map of paths", "write each path below it")
        remedy = "write its methods below it"
        return [
            (path, self.source.mapping(paths[path], "path item", remedy, f"/paths/{escape(path)}"))
            for path in paths
            if not path.startswith("x-")
        ]

    def methods(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield each path with each of its methods, in lower case, and its path item."""
        for path, item in self.items():
            yield from ((path, method, item) for method in METHODS if method in item)

    def ids(self) -> dict[str, str]:
        """
        Return the id of each operation by its pointer: its operationId, or one made of its method and its path.

        Each is another one, also where the document gives one id to two operations.
        """
        places = [
            (pointer_of(path, method), f"{method}{path}", item[method])
            for path, method, item in self.methods()
            if isinstance(item[method], dict)
        ]
        declared_ones = {str(raw["operationId"]) for _, _, raw in places if raw.get("operationId")}
        ids: dict[str, str] = {}
        taken: set[str] = set()
        for pointer, text, raw in places:
            own = str(raw.get("operationId") or "")
            name = own or re.sub(r"\W+", "_", text).strip("_")
            others = taken if own else taken | declared_ones
            number = next(number for number in count(1) if numbered(name, number) not in others)
            ids[pointer] = numbered(name, number)
            taken.add(ids[pointer])
        return ids

    def parameter_below(self, path: str) -> str:
        """Return the parameter that names the items right below a path; empty where there are none."""
        return self.item_parameters.get(path_shape(path), "")

    @cached_property
    def item_parameters(self) -> Mapping[str, str]:
        """The parameter that names the items right below a path, for the shape of each path that has such items."""
        return item_parameters(path for path, _ in self.items())

    def methods_of(self, path: str) -> frozenset[str]:
        """Return the methods that a path has, in lower case, whatever its parameters are called."""
        return self._methods_by_shape.get(path_shape(path), frozenset())

    @cached_property
    def _methods_by_shape(self) -> Mapping[str, frozenset[str]]:
        methods: dict[str, set[str]] = {}
        for path, method, _ in self.methods():
            methods.setdefault(path_shape(path), set()).add(method)
        return {shape: frozenset(found) for shape, found in methods.items()}


def pointer_of(path: str, method: str) -> str:
    """Return the JSON pointer of the operation that a path has for a method in lower case."""
    return f"/paths/{escape(path)}/{method}"


def numbered(name: str, number: int) -> str:
    """Return the first name as it is, and each later one with its number."""
    return name if number == 1 else f"{name}_{number}"
