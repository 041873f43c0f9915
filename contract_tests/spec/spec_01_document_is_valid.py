"""SPEC-01: document is valid."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from bookplate import Violation, document_law, fault
from bookplate.contract import Document, escape, written

KEYS = "x-keys.schema.json"


@document_law("SPEC-01", source="OpenAPI 3.0.3")
def test_document_is_valid(document: Document) -> None:
    """
    The document is valid OpenAPI, its examples and extension keys follow their schemas, and its operation ids differ.

    The schema of the extension keys is the file x-keys.schema.json beside the document, or else in openapi/.
    """
    for check in (invalid_openapi, repeated_ids, invalid_keys, invalid_examples):
        for pointer, observed in check(document):
            raise Violation(f"{document.where(pointer)}: {observed}", expected="a valid document")


def invalid_openapi(document: Document) -> Iterator[tuple[str, str]]:
    validator = OpenAPIV30SpecValidator if document.version == "3.0" else OpenAPIV31SpecValidator
    for error in validator(document.raw).iter_errors():
        yield written(getattr(error, "absolute_path", ())), str(getattr(error, "message", error))[:300]


def repeated_ids(document: Document) -> Iterator[tuple[str, str]]:
    times = Counter(operation.id for operation in document.operations)
    for operation in document.operations:
        if times[operation.id] > 1:
            yield operation.pointer, f"operationId '{operation.id}' stands {times[operation.id]} times: rename one"


def invalid_keys(document: Document) -> Iterator[tuple[str, str]]:
    places_of_schema = (document.path.with_name(KEYS), Path("openapi") / KEYS)
    path = next((place for place in places_of_schema if place.is_file()), None)
    if path is None:
        return
    schema = json.loads(path.read_text(encoding="utf-8"))
    places = [("root", "", document.raw)]
    places += [("tag", f"/tags/{number}", tag) for number, tag in enumerate(document.raw.get("tags", []))]
    places += [("operation", operation.pointer, dict(operation.raw)) for operation in document.operations]
    places += [("property", pointer, node) for pointer, node in nodes(document.raw) if "x-unique" in node]
    for kind, pointer, node in places:
        validator = Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]})
        for error in validator.iter_errors(node):
            yield pointer + written(error.absolute_path), error.message[:300]


def invalid_examples(document: Document) -> Iterator[tuple[str, str]]:
    for pointer, node in nodes(document.raw):
        if "/example/" in f"{pointer}/":
            continue
        schema = node.get("schema", node if "type" in node or "properties" in node else None)
        if "example" in node and schema is not None:
            for broken in document.violations(schema, node["example"], request="/requestBody/" in pointer)[:1]:
                yield f"{pointer}/example", f"the example breaks its schema at {broken}"


def nodes(root: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of the document with its pointer, except inside examples."""
    pending: list[tuple[str, Any]] = [("", root)]
    while pending:
        pointer, node = pending.pop()
        if isinstance(node, dict):
            yield pointer, node
            pending += [(f"{pointer}/{escape(key)}", member) for key, member in node.items()]
        elif isinstance(node, list):
            pending += [(f"{pointer}/{i}", member) for i, member in enumerate(node)]


def first_operation(raw: dict[str, Any]) -> Any:
    return next(iter(next(iter(raw["paths"].values())).values()))


@fault(test_document_is_valid)
def reference_into_nothing(raw: dict[str, Any]) -> None:
    """A response is a reference to nothing."""
    first_operation(raw)["responses"]["404"] = {"$ref": "#/components/responses/Nowhere"}


@fault(test_document_is_valid)
def example_breaks_its_schema(raw: dict[str, Any]) -> None:
    """An example is of another type than its schema."""
    raw["components"]["schemas"]["Wrong"] = {"type": "integer", "example": "seven"}


@fault(test_document_is_valid)
def operation_id_stands_twice(raw: dict[str, Any]) -> None:
    """Two operations have one id."""
    *_, last = (each for item in raw["paths"].values() for each in item.values() if "operationId" in each)
    last["operationId"] = first_operation(raw)["operationId"]


@fault(test_document_is_valid)
def extension_key_is_misspelt(raw: dict[str, Any]) -> None:
    """An operation has an extension key that nobody knows."""
    first_operation(raw)["x-acces"] = {"allow": ["user"]}


@fault(test_document_is_valid)
def groups_of_origins_are_no_list(raw: dict[str, Any]) -> None:
    """A tag names its group of origins as a text instead of a list."""
    raw["tags"] = [{"name": "unused", "x-cors": {"origins": "apps"}}]
