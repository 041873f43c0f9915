"""A node of a document with its pointer, so that each finding has a line."""

import re
from typing import Any

from ..contract.document import Document
from ..contract.lines import escape

STEP = re.compile(r"(?P<kind>parameter|response|field) '?(?P<name>[^']+?)'?(?P<items>(\[\])*)$|(?P<body>request body)")


class Place:
    """A node; references are followed, so `where` is the line of its definition, and `mention` that of the reference."""

    def __init__(self, document: Document, pointer: str, value: Any) -> None:
        self.mention = document.where(pointer)
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            pointer = value["$ref"].lstrip("#")
            value = document.at(value["$ref"])
        self.document = document
        self.pointer = pointer
        self.value = value

    @classmethod
    def root(cls, document: Document) -> "Place":
        return cls(document, "", document.raw)

    @property
    def where(self) -> str:
        return self.document.where(self.pointer)

    def below(self, *keys: str | int) -> "Place | None":
        """Return the node that these keys lead to; None where one of them is missing."""
        place: Place | None = self
        for key in keys:
            place = place.child(key) if place is not None else None
        return place

    def child(self, key: str | int) -> "Place | None":
        try:
            value = self.value[key]
        except (KeyError, IndexError, TypeError):
            return None
        return Place(self.document, f"{self.pointer}/{escape(str(key))}", value)

    def members(self) -> dict[str, "Place"]:
        names = self.value if isinstance(self.value, dict) else {}
        return {name: child for name in names if (child := self.child(name)) is not None}

    def parameter(self, name: str) -> "Place | None":
        """Return a parameter of an operation by its name."""
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


def find(document: Document, location: str) -> tuple[Place, bool]:
    """
    Return the node that a location in specshift's words leads to, and whether it leads there all the way.

    Such a location reads `GET /books > response 200 > field 'items'[] > field 'title'`.
    """
    head, *steps = location.split(" > ")
    method, _, path = head.rpartition(" ")
    place = Place.root(document)
    for key in ("paths", path, method.lower()) if method else ("paths", path) if "/" in path else (head,):
        below = place.below(key)
        if below is None:
            return place, False
        place = below
    for step in steps:
        below = step_down(place, step)
        if below is None:
            return place, False
        place = below
    return place, True


def step_down(place: Place, step: str) -> Place | None:
    match = STEP.match(step)
    if match is None:
        return None
    if match["body"]:
        below = place.below("requestBody")
    elif match["kind"] == "parameter":
        below = place.parameter(match["name"])
    elif match["kind"] == "response":
        below = place.below("responses", match["name"])
    else:
        below = place.schema().below("properties", match["name"])
    for _ in range(step.count("[]")):
        below = below.schema().below("items") if below is not None else None
    return below
