"""
Which objects a document is made of: one walk that knows where each of them stands.

A schema is a schema because of its place, never because of the names of its members: a property may be called `type` or
`example`, and the content of an example may look like anything (OpenAPI 3.0.3, section 4.7; 3.1, section 4.8; 3.2,
section 4).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .lines import escape

# How the objects of a field stand below it: alone, by name, by name but for extension keys, or in a list.
ONE, MAP, PATTERNED, LIST = "one", "map", "patterned", "list"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")

Fields = dict[str, tuple[str, str]]

CONTENT: Fields = {"content": (MAP, "media type"), "examples": (MAP, "example"), "schema": (ONE, "schema")}
OBJECTS: dict[str, Fields] = {
    "document": {
        "info": (ONE, "info"),
        "servers": (LIST, "server"),
        "paths": (PATTERNED, "path item"),
        "webhooks": (MAP, "path item"),
        "components": (ONE, "components"),
        "tags": (LIST, "tag"),
    },
    "components": {
        "schemas": (MAP, "schema"),
        "responses": (MAP, "response"),
        "parameters": (MAP, "parameter"),
        "examples": (MAP, "example"),
        "requestBodies": (MAP, "request body"),
        "headers": (MAP, "header"),
        "securitySchemes": (MAP, "security scheme"),
        "links": (MAP, "link"),
        "callbacks": (MAP, "callback"),
        "pathItems": (MAP, "path item"),
        "mediaTypes": (MAP, "media type"),
    },
    "path item": {
        **dict.fromkeys((*METHODS, "query"), (ONE, "operation")),
        "additionalOperations": (MAP, "operation"),
        "parameters": (LIST, "parameter"),
        "servers": (LIST, "server"),
    },
    "operation": {
        "parameters": (LIST, "parameter"),
        "requestBody": (ONE, "request body"),
        "responses": (PATTERNED, "response"),
        "callbacks": (MAP, "callback"),
        "servers": (LIST, "server"),
    },
    "callback": {"": (PATTERNED, "path item")},  # the object itself is the map
    "parameter": CONTENT,
    "header": CONTENT,
    "request body": {"content": (MAP, "media type")},
    "response": {"headers": (MAP, "header"), "content": (MAP, "media type"), "links": (MAP, "link")},
    "media type": {
        "schema": (ONE, "schema"),
        "itemSchema": (ONE, "schema"),
        "examples": (MAP, "example"),
        "encoding": (MAP, "encoding"),
        "itemEncoding": (ONE, "encoding"),
        "prefixEncoding": (LIST, "encoding"),
    },
    "encoding": {
        "headers": (MAP, "header"),
        "encoding": (MAP, "encoding"),
        "itemEncoding": (ONE, "encoding"),
        "prefixEncoding": (LIST, "encoding"),
    },
    "schema": {
        **dict.fromkeys(("properties", "patternProperties", "dependentSchemas", "$defs"), (MAP, "schema")),
        "definitions": (MAP, "schema"),
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), (LIST, "schema")),
        **dict.fromkeys(("additionalProperties", "not", "contains", "if", "then", "else"), (ONE, "schema")),
        **dict.fromkeys(("propertyNames", "unevaluatedItems", "unevaluatedProperties"), (ONE, "schema")),
        "contentSchema": (ONE, "schema"),
        "items": (ONE, "schema"),  # a list in older drafts of JSON Schema
    },
}
# OpenAPI has references in place of objects alone. Tools also take one in place of all that stands by name in a field.
MAP_OF = "map of "
OBJECTS |= {
    f"{MAP_OF}{kind}": {"": (form, kind)}
    for fields in [*OBJECTS.values()]
    for form, kind in fields.values()
    if form in (MAP, PATTERNED)
}
# What may be a reference to such an object in place of the object itself.
REFERENCED = frozenset([*OBJECTS, *(kind for fields in OBJECTS.values() for _, kind in fields.values())]) - {
    "document",
    "operation",
    "components",
    "encoding",
    "info",
    "server",
    "tag",
}


@dataclass(frozen=True)
class Item:
    """An object of a document: its kind in the words of OpenAPI, the JSON pointer to it, and itself."""

    kind: str
    pointer: str
    node: dict[str, Any]

    @property
    def reference(self) -> str | None:
        """What its `$ref` refers to; None where it is no reference."""
        found = self.node.get("$ref") if self.kind in REFERENCED else None
        return found if isinstance(found, str) else None


def items(kind: str, pointer: str, node: Any) -> Iterator[Item]:
    """Yield an object of a kind and all objects within it, in the order of the text; references are not followed."""
    pending = [(kind, pointer, node)]
    while pending:
        kind, pointer, node = pending.pop()
        if isinstance(node, dict):
            item = Item(kind, pointer, node)
            yield item
            pending += reversed([*_within(item)])
        elif isinstance(node, list) and kind == "schema":
            pending += reversed([(kind, f"{pointer}/{i}", each) for i, each in enumerate(node)])


def _within(item: Item) -> Iterator[tuple[str, str, Any]]:
    """Yield what stands directly below an object: the kind, the pointer and the node of each."""
    for name, (form, kind) in OBJECTS.get(item.kind, {}).items():
        holder = item.node.get(name) if name else item.node
        pointer = f"{item.pointer}/{escape(name)}" if name else item.pointer
        if form == ONE and holder is not None:
            yield kind, pointer, holder
        elif form == LIST and isinstance(holder, list):
            yield from ((kind, f"{pointer}/{i}", each) for i, each in enumerate(holder))
        elif form in (MAP, PATTERNED) and isinstance(holder, dict) and isinstance(holder.get("$ref"), str):
            if name:
                yield f"{MAP_OF}{kind}", pointer, holder
        elif form in (MAP, PATTERNED) and isinstance(holder, dict):
            names = (each for each in holder if form == MAP or not each.startswith("x-"))
            yield from ((kind, f"{pointer}/{escape(each)}", holder[each]) for each in names)
