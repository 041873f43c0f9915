"""A node of a document with the way to it, for tools that compare documents key by key; laws use the typed members."""

from typing import Any

from .document import Document
from .lines import escape
from .operation import Operation
from .source import Source


class Place:
    """A node; references are followed, so `where` is the line of its definition, and `mention` that of the reference."""

    def __init__(self, source: Source, pointer: str, value: Any) -> None:
        self.mention = source.where(pointer)
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            pointer = value["$ref"].lstrip("#")
            value = source.at(value["$ref"])
        self.source = source
        self.pointer = pointer
        self.value = value

    @classmethod
    def root(cls, document: Document) -> "Place":
        """Return the root of a document."""
        return cls(document.source, "", document.source.raw)

    @classmethod
    def of(cls, document: Document, operation: Operation) -> "Place":
        """Return where an operation stands; an operation of another document raises LookupError."""
        place = cls.root(document).below("paths", operation.path, operation.method.lower())
        if place is None:
            raise LookupError(f"{document.location} has no {operation.method} {operation.path}")
        return place

    @property
    def where(self) -> str:
        """File and line of the definition."""
        return self.source.where(self.pointer)

    def below(self, *keys: str | int) -> "Place | None":
        """Return the node that these keys lead to; None where one of them is missing."""
        place: Place | None = self
        for key in keys:
            place = place.child(key) if place is not None else None
        return place

    def child(self, key: str | int) -> "Place | None":
        """Return the node at a key or an index; None where it is missing."""
        try:
            value = self.value[key]
        except (KeyError, IndexError, TypeError):
            return None
        return Place(self.source, f"{self.pointer}/{escape(str(key))}", value)

    def members(self) -> dict[str, "Place"]:
        """Return the nodes below an object by their keys; none where it is no object."""
        names = self.value if isinstance(self.value, dict) else {}
        return {name: child for name in names if (child := self.child(name)) is not None}

    def parameter(self, name: str) -> "Place | None":
        """Return a parameter of an operation by its name; None where it declares none."""
        listed = self.value.get("parameters", []) if isinstance(self.value, dict) else []
        places = (self.below("parameters", number) for number in range(len(listed)))
        return next((place for place in places if place is not None and place.value.get("name") == name), None)

    def schema(self) -> "Place":
        """Return the schema of a parameter, body or response; JSON before other media types; itself where it is one."""
        media = self.below("content")
        if media is None:
            return self.below("schema") or self
        kinds = media.members()
        kind = kinds.get("application/json") or next(iter(kinds.values()), self)
        return kind.below("schema") or kind


def spread_out(document: Document) -> dict[str, Any]:
    """Return a document as plain data, with parameters, bodies and answers in place of the references to them."""
    source, paths = document.source, dict[str, dict[str, Any]]()
    for operation in document.operations:
        path_item = source.resolve(source.raw["paths"][operation.path])
        raw = path_item[operation.method.lower()]
        listed = [source.resolve(each) for holder in (path_item, raw) for each in holder.get("parameters", [])]
        parameters = {(each["in"], each["name"]): each for each in listed}
        spread = {
            **raw,
            "parameters": list(parameters.values()),
            "responses": {status: source.resolve(answer) for status, answer in raw.get("responses", {}).items()},
        }
        if "requestBody" in raw:
            spread["requestBody"] = source.resolve(raw["requestBody"])
        paths.setdefault(operation.path, {})[operation.method.lower()] = spread
    return {**source.raw, "paths": paths}
