"""The nodes of a document: the line of each, and the node that a reference leads to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from .lines import DocumentError, place
from .pointer import look_up

MOST_REFERENCES = 50  # in a row; more than that is a circle


class Source:
    """The text of a document as plain data: `raw` is its root, `lines` has `file:line` for each JSON pointer."""

    def __init__(self, path: Path, raw: dict[str, Any], lines: Mapping[str, str]) -> None:
        self.path = path
        self.raw = raw
        self.lines = lines

    @property
    def version(self) -> str:
        """The version of OpenAPI that it is written in, such as 3.1."""
        return str(self.raw.get("openapi", "3.0"))[:3]

    def where(self, pointer: str) -> str:
        """Return file and line of a JSON pointer, or of the nearest node above it that has a line."""
        return place(self.lines, pointer) or f"{self.path}:1"

    def where_is(self, node: Any) -> str:
        """Return file and line of a node; those of the document where it is none of its nodes."""
        return self.where(next((each for each in self.lines if look_up(self.raw, each) is node), ""))

    def resolve(self, node: Any) -> Any:
        """Follow `$ref` until something else stands there; references inside it are left alone."""
        for _ in range(MOST_REFERENCES):
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                return node
            node = self.at(node["$ref"])
        raise DocumentError(f"{self.path}: {node['$ref']} refers to itself: point it at a definition")

    def at(self, reference: str) -> Any:
        """Return the node of a local reference such as `#/components/schemas/Book`."""
        if not reference.startswith("#"):
            raise DocumentError(f"{self.path}: {reference} is not in this file: only references within it are read")
        node = look_up(self.raw, unquote(reference[1:]))
        if node is None:
            holders = (each for each in self.lines if look_up(self.raw, each) == reference)
            raise DocumentError(
                f"{self.where(next(holders, ''))}: {reference} points at nothing: define it or mend the name"
            )
        return node

    def mapping(self, node: Any, kind: str, remedy: str) -> dict[str, Any]:
        """Return a node with its references followed; one that is no object raises DocumentError with the remedy."""
        found = self.resolve(node)
        if not isinstance(found, dict):
            raise DocumentError(f"{self.where_is(node)}: this is no {kind}: {remedy}")
        return found
