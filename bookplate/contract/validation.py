"""Whether a document is what it calls itself: valid OpenAPI, true to its own schemas, with extension keys that mean something."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from .document import Document
from .lines import escape, written
from .schema import UNIQUE

KEYS = "x-keys.schema.json"

Mistake = tuple[str, str]  # the JSON pointer of a place, and what is wrong there


def mistakes(document: Document) -> Iterator[Mistake]:
    """
    Yield what is wrong with a document.

    The schema of the extension keys is the file x-keys.schema.json beside it, or else in openapi/.
    """
    for kind in (invalid_openapi, repeated_ids, invalid_keys, invalid_examples):
        yield from kind(document)


def invalid_openapi(document: Document) -> Iterator[Mistake]:
    """Yield what is no OpenAPI of the version that the document names."""
    validator = OpenAPIV30SpecValidator if document.version == "3.0" else OpenAPIV31SpecValidator
    for error in validator(document.source.raw).iter_errors():
        yield written(getattr(error, "absolute_path", ())), str(getattr(error, "message", error))[:300]


def repeated_ids(document: Document) -> Iterator[Mistake]:
    """Yield the operations whose id is not theirs alone."""
    times = Counter(operation.id for operation in document.operations)
    for operation in document.operations:
        if times[operation.id] > 1:
            yield operation.pointer, f"operationId '{operation.id}' stands {times[operation.id]} times: rename one"


def invalid_keys(document: Document) -> Iterator[Mistake]:
    """Yield the extension keys that nobody knows, and those of another form."""
    places_of_schema = (document.path.with_name(KEYS), Path("openapi") / KEYS)
    path = next((place for place in places_of_schema if place.is_file()), None)
    if path is None:
        return
    schema = json.loads(path.read_text(encoding="utf-8"))
    for kind, pointer, node in holders_of_keys(document):
        validator = Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]})
        for error in validator.iter_errors(node):
            yield pointer + written(error.absolute_path), error.message[:300]


def holders_of_keys(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the nodes that may have extension keys: the kind of each, its pointer and itself."""
    raw = document.source.raw
    yield "root", "", raw
    for number, tag in enumerate(raw.get("tags", [])):
        yield "tag", f"/tags/{number}", tag
    for operation in document.operations:
        path_item = document.source.resolve(raw["paths"][operation.path])
        yield "operation", operation.pointer, path_item[operation.method.lower()]
    for pointer, node in nodes(raw):
        if UNIQUE in node:
            yield "property", pointer, node


def invalid_examples(document: Document) -> Iterator[Mistake]:
    """Yield the examples that break the schema beside them."""
    for pointer, node in nodes(document.source.raw):
        if "/example/" in f"{pointer}/":
            continue
        schema = node.get("schema", node if "type" in node or "properties" in node else None)
        if "example" in node and schema is not None:
            broken = document.schema(schema).violations(node["example"], request="/requestBody/" in pointer)
            for what in broken[:1]:
                yield f"{pointer}/example", f"the example breaks its schema at {what}"


def nodes(root: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of a document with its pointer."""
    pending: list[tuple[str, Any]] = [("", root)]
    while pending:
        pointer, node = pending.pop()
        if isinstance(node, dict):
            yield pointer, node
            pending += [(f"{pointer}/{escape(key)}", member) for key, member in node.items()]
        elif isinstance(node, list):
            pending += [(f"{pointer}/{i}", member) for i, member in enumerate(node)]
