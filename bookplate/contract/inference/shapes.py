"""Shapes: which members a value has and of which kind they are, as far as a schema says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..lines import escape
from ..schema import Schema

DEEPEST = 5  # levels of objects and arrays that are looked at


@dataclass(frozen=True)
class Shape:
    """
    The kind of a value, and what is inside it.

    `kind` is a type of JSON Schema, empty where the schema does not say. `members` are those of an object, and `item` is an
    item of an array. `values` are those that a schema lists, where it lists them.
    """

    kind: str = ""
    format: str = ""
    members: Mapping[str, "Shape"] = field(default_factory=dict)
    item: "Shape | None" = None
    values: tuple[str, ...] = ()

    @property
    def is_text(self) -> bool:
        """Whether it may be text."""
        return self.kind in ("string", "")

    @property
    def is_number(self) -> bool:
        """Whether it may be a whole number."""
        return self.kind in ("integer", "number", "")

    @property
    def is_free_text(self) -> bool:
        """Whether it is text that is neither one of a few values nor of a format."""
        return self.kind == "string" and not self.format and not self.values

    def within(self, levels: int) -> Iterator[tuple[str, str, "Shape"]]:
        """Yield the members of an object and of the objects in it, the upper ones first: pointer, name and shape."""
        below = [("", self)]
        for _ in range(levels):
            found = [
                (f"{pointer}/{escape(name)}", name, member)
                for pointer, holder in below
                for name, member in holder.members.items()
            ]
            yield from found
            below = [(pointer, member) for pointer, _, member in found]


UNKNOWN = Shape()


def shape_of_value(value: Any, depth: int = DEEPEST) -> Shape:
    """Return the shape that a value has; null may be anything."""
    if depth == 0 or value is None:
        return UNKNOWN
    if isinstance(value, dict):
        members = {name: shape_of_value(member, depth - 1) for name, member in value.items()}
        return Shape(kind="object", members=members)
    if isinstance(value, list):
        return Shape(kind="array", item=shape_of_value(value[0], depth - 1) if value else None)
    kinds = ((bool, "boolean"), (int, "integer"), (float, "number"))
    return Shape(kind=next((kind for type_, kind in kinds if isinstance(value, type_)), "string"))


def shape_of(schema: Schema | None, depth: int = DEEPEST) -> Shape:
    """Return the shape that a schema asks for; of alternatives the first that is not null."""
    if schema is None or depth == 0:
        return UNKNOWN
    members = schema.members
    if not members and schema.type is None and schema.items is None:
        alternatives = [each for each in (*schema.any_of, *schema.one_of, *schema.all_of) if each.type != "null"]
        if alternatives:
            return shape_of(alternatives[0], depth)
    kind = schema.type or ("object" if members else "array" if schema.items is not None else "")
    return Shape(
        kind=kind,
        format=schema.format or "",
        members={name: shape_of(member, depth - 1) for name, member in members.items()} if kind == "object" else {},
        item=shape_of(schema.items, depth - 1) if kind == "array" else None,
        values=tuple(str(value) for value in schema.enum if value is not None),
    )
