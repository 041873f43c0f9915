"""Whether the values that a document shows follow the schemas that they stand beside: examples and defaults."""

import json
from collections.abc import Iterator
from typing import Any

from . import media_range
from .document import Document
from .schema import Schema
from .structure import Item

JSON_TEXT = ("{", "[")  # how a text begins that stands for an object or an array, if with mistakes


def invalid_defaults(document: Document) -> Iterator[tuple[str, str]]:
    """Yield defaults of another type than their schema, which 3.0 forbids (OpenAPI 3.0.3, section 4.7.24.1, default)."""
    for item in document.source.items:
        if document.version == "3.0" and item.kind == "schema" and "default" in item.node:
            type_alone = {name: item.node[name] for name in ("type", "nullable") if name in item.node}
            for broken in violations(document.schema(type_alone), item.node["default"])[:1]:
                yield f"{item.pointer}/default", f"the default is of another type at {broken}: mend one of both"


def invalid_examples(document: Document) -> Iterator[tuple[str, str]]:
    """Yield examples that break their schema (OpenAPI 3.0.3, section 4.7.19, Example Object)."""
    for item in document.source.items:
        schema = schema_beside(document, item)
        if schema is None:
            continue
        for pointer, value in examples_in(document, item):
            for broken in example_violations(item, schema, value)[:1]:
                yield pointer, f"the example breaks its schema at {broken}: mend one of both"


def schema_beside(document: Document, item: Item) -> Schema | None:
    """Return the schema that the examples of an object follow; None where it has none, or is written in no JSON."""
    if item.kind == "schema":
        return document.schema(item.node)
    is_readable = item.kind in ("parameter", "header") or is_json(item)
    if not is_readable or not isinstance(item.node.get("schema"), dict | bool):
        return None
    return document.schema(item.node["schema"])


def is_json(item: Item) -> bool:
    """Tell whether an object is a media type of JSON."""
    name = item.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    return item.kind == "media type" and media_range.is_json(name)


def examples_in(document: Document, item: Item) -> Iterator[tuple[str, Any]]:
    """Yield each example of an object with the pointer to it."""
    if "example" in item.node:
        yield f"{item.pointer}/example", item.node["example"]
    named = item.node.get("examples")
    if item.kind == "schema":
        for number, value in enumerate(document.source.listed(named)):
            yield f"{item.pointer}/examples/{number}", value
    elif isinstance(named, dict):
        for name, node in named.items():
            found = document.source.resolve(node)
            if isinstance(found, dict) and ("value" in found or "dataValue" in found):
                yield f"{item.pointer}/examples/{name}", found.get("value", found.get("dataValue"))


def example_violations(item: Item, schema: Schema, value: Any) -> list[str]:
    """
    Return what of an example breaks its schema; a text may also be a value as it is written in JSON or in a URL.

    A text beside a schema of objects or arrays may be one as a form or XML writes it (OpenAPI 3.0.3, section 4.7.24.1,
    example): the schema does not know its media type.
    """
    found = violations(schema, value)
    if not found or not isinstance(value, str) or schema.type == "string":
        return found
    if item.kind == "schema":
        return [] if schema.type in ("array", "object") else found
    is_styled = item.kind != "media type" and schema.type in ("array", "object")
    try:
        return [] if is_styled else violations(schema, json.loads(value))
    except ValueError:
        return [] if value.lstrip().startswith(JSON_TEXT) else found


def violations(schema: Schema, value: Any) -> list[str]:
    """Return what of a value breaks a schema whichever way it travels."""
    return schema.violations(value, request=None)
