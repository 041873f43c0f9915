"""
Reads schemas of Swagger 2.0 as schemas of OpenAPI 3.0, and the simple types of its parameters and headers too.

Section numbers are those of Swagger 2.0.
"""

from typing import Any

from .moved import Moved
from .references import HOLE
from .structure import items

Node = dict[str, Any]

# What of a parameter or a header says which values it has (sections 5.2.7 and 5.2.16).
OF_NUMBERS = ["maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "multipleOf"]
OF_TEXTS = ["maxLength", "minLength", "pattern"]
OF_ARRAYS = ["items", "maxItems", "minItems", "uniqueItems"]
SCHEMA_KEYS = frozenset(["type", "format", "default", "enum", *OF_NUMBERS, *OF_TEXTS, *OF_ARRAYS])
# How OpenAPI 3.0 writes a collectionFormat, by where the parameter is.
IN_QUERY = {
    "csv": {"style": "form", "explode": False},
    "multi": {"style": "form", "explode": True},
    "ssv": {"style": "spaceDelimited", "explode": False},
    "pipes": {"style": "pipeDelimited", "explode": False},
}
STYLES: dict[str, dict[str, Node]] = {
    "query": IN_QUERY,
    "formData": IN_QUERY,
    "path": {"csv": {}},
    "header": {"csv": {}},
}


class Schemas:
    """Makes schemas of OpenAPI 3.0; what has no counterpart there is a notice."""

    def __init__(self, moved: Moved) -> None:
        self.moved = moved

    def convert(self, schema: Any) -> Any:
        """Return a schema that is changed where it stands, with all that stand below it; anything else as it is."""
        for item in items("schema", "", schema):
            self.convert_type(item.node)
            self.convert_items(item.node)
            if isinstance(name := item.node.get("discriminator"), str):
                item.node["discriminator"] = {"propertyName": name}
            if item.node.get("x-nullable") is True:
                item.node["nullable"] = True
        return schema

    def convert_type(self, schema: Node) -> None:
        """Write a file and several types at once as OpenAPI 3.0 has them; both are in the schema of Swagger."""
        kind = schema.get("type")
        if kind == "file":
            schema |= {"type": "string", "format": "binary"}
        if not isinstance(kind, list):
            return
        del schema["type"]
        if "null" in kind:
            schema["nullable"] = True
        named = [each for each in kind if each != "null"]
        if len(named) == 1:
            schema["type"] = named[0]
        elif named:
            schema.setdefault("anyOf", [{"type": each} for each in named])

    def convert_items(self, schema: Node) -> None:
        """Let items that have a schema for each position be anything, and members be separated in one way alone."""
        if isinstance(schema.get("items"), list):
            self.moved.notice(
                schema, "OpenAPI 3.0 has one schema for all items: what each of them has to be is not checked"
            )
            schema["items"] = {}
        if schema.pop("collectionFormat", "csv") != "csv":
            self.moved.notice(
                schema, "OpenAPI 3.0 cannot say how arrays within arrays are written: they are taken for csv"
            )

    def of_value(self, holder: Node) -> Node:
        """
        Return the schema of the values of a parameter or a header, which Swagger writes into the object itself.

        One without a type is a mistake (section 5.2.7), and nobody knows its values.
        """
        if "type" not in holder and isinstance(holder.get("schema"), dict):
            return dict(self.convert(holder["schema"]))
        if "type" not in holder:
            self.moved.mistake(holder, "a value has no type, so nobody knows what it has to be: write one")
            return {HOLE: "a value has no type"}
        own = {key: value for key, value in holder.items() if key in SCHEMA_KEYS}
        return dict(self.convert(self.moved.in_place_of(holder, own)))

    def with_style(self, holder: Node, place: str) -> tuple[Node, Node]:
        """
        Return the schema of a value, and the words of OpenAPI 3.0 for how its items are separated.

        Values that are separated in a way that OpenAPI 3.0 does not have are taken for texts.
        """
        schema = self.of_value(holder)
        if schema.get("type") != "array":
            return schema, {}
        separated = str(holder.get("collectionFormat", "csv"))
        style = STYLES.get(place, {}).get(separated)
        if style is not None:
            return schema, dict(style)
        self.moved.notice(
            holder, f"OpenAPI 3.0 has no word for collectionFormat {separated} here: the array is taken for a text"
        )
        return self.moved.in_place_of(holder, {"type": "string"}), {}
