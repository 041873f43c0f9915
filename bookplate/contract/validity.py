"""Whether a document is valid: as OpenAPI, and in its operation ids, its extension keys and its examples."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import validator_for
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator, OpenAPIV32SpecValidator
from openapi_spec_validator.schemas import schema_v30, schema_v31, schema_v32
from openapi_spec_validator.validation.exceptions import DuplicateOperationIDError

from .document import Document
from .lines import escape, written
from .pointer import look_up
from .schema import UNIQUE

KEYS = "x-keys.schema.json"
# What to write instead, by the keyword of JSON Schema that is broken.
REMEDIES = {
    "additionalProperties": "remove it or mend its name",
    "unevaluatedProperties": "remove it or mend its name",
    "enum": "write one of these",
    "format": "write it in this format",
    "pattern": "mend its form",
    "required": "add it",
    "type": "write a value of this type",
}
UNKNOWN_MEMBER = ("additionalProperties", "unevaluatedProperties")
QUOTED = re.compile(r"'([^']+)'")
OF_PARAMETERS = "declare this parameter, or mend its name here or in the path"
OPERATION = re.compile(r"'(?P<method>\w+)' operation in '(?P<path>[^']+)'")

Mistakes = Iterator[tuple[str, str]]


def mistakes(document: Document) -> Mistakes:
    """Yield each mistake of a document: the JSON pointer to its place, and what is wrong there."""
    found = 0
    for find in (invalid_openapi, repeated_ids, invalid_keys, invalid_examples):
        try:
            for mistake in find(document):
                found += 1
                yield mistake
        except Exception:
            # What is no OpenAPI can stop a later step, which is then taken once the first mistakes are mended.
            if not found:
                raise


def invalid_openapi(document: Document) -> Mistakes:
    """Yield what openapi-spec-validator finds."""
    validators = {
        "3.0": (OpenAPIV30SpecValidator, schema_v30),
        "3.2": (OpenAPIV32SpecValidator, schema_v32),
    }
    kind, schema = validators.get(document.version, (OpenAPIV31SpecValidator, schema_v31))
    validator = kind(document.source.raw)
    # Its own choice is jsonschema-rs where that is installed, which does not say what is wrong inside an alternative.
    validator.schema_validator = validator_for(schema)(schema)
    for error in validator.iter_errors():
        if isinstance(error, DuplicateOperationIDError):
            continue  # repeated_ids has the line
        for cause in causes(error):
            yield place_of(document, cause), in_words(document, cause)


def causes(error: ValidationError) -> Iterator[ValidationError]:
    """Yield what is wrong inside an alternative: all of it where one alternative alone was meant, else the nearest."""
    alternatives: dict[Any, list[ValidationError]] = {}
    for cause in error.context or ():
        alternatives.setdefault(cause.relative_schema_path[0], []).append(cause)
    # Most alternatives of OpenAPI are an object or a reference to one, and what has no $ref was meant as the object.
    meant = [each for each in alternatives.values() if not any(lacks_reference(cause) for cause in each)]
    if len(meant) == 1:
        for cause in meant[0]:
            yield from causes(cause)
    else:
        yield (best_match([error]) if alternatives else None) or error


def lacks_reference(error: ValidationError) -> bool:
    return error.validator == "required" and error.message.startswith("'$ref'")


def place_of(document: Document, error: ValidationError) -> str:
    """Return the pointer to what an error is about; some errors have only a path within a schema, or only words."""
    if operation := OPERATION.search(error.message):
        return f"/paths/{escape(operation['path'])}/{operation['method']}"
    pointer = written(error.absolute_path)
    if look_up(document.source.raw, pointer) is None:
        holders = (holder for holder, node in nodes(document.source.raw) if look_up(node, pointer) == error.instance)
        pointer = next(holders, "") + pointer
    if error.validator in UNKNOWN_MEMBER and (name := QUOTED.search(error.message)):
        return f"{pointer}/{escape(name[1])}"
    return pointer


def in_words(document: Document, error: ValidationError) -> str:
    message = " ".join(error.message.split())
    remedy = REMEDIES.get(str(error.validator), f"write what OpenAPI {document.version} has here")
    if OPERATION.search(error.message):
        remedy = OF_PARAMETERS
    return f"{message[:300]}: {remedy}"


def repeated_ids(document: Document) -> Mistakes:
    times = Counter(operation.id for operation in document.operations)
    for operation in document.operations:
        if times[operation.id] > 1:
            yield operation.pointer, f"operationId '{operation.id}' stands {times[operation.id]} times: rename one"


def invalid_keys(document: Document) -> Mistakes:
    places_of_schema = (document.path.with_name(KEYS), Path("openapi") / KEYS)
    path = next((place for place in places_of_schema if place.is_file()), None)
    if path is None:
        return
    schema = json.loads(path.read_text(encoding="utf-8"))
    for kind, pointer, node in holders_of_keys(document):
        validator = Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]})
        for error in validator.iter_errors(node):
            # A schema that is `false` stands for a key that has no meaning.
            unknown = "this key means nothing here: mend its name or remove it" if error.schema is False else ""
            yield pointer + written(error.absolute_path), unknown or error.message[:300]


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


def invalid_examples(document: Document) -> Mistakes:
    for pointer, node in nodes(document.source.raw):
        if "/example/" in f"{pointer}/":
            continue
        schema = node.get("schema", node if "type" in node or "properties" in node else None)
        if "example" in node and schema is not None:
            found = document.schema(schema).violations(node["example"], request="/requestBody/" in pointer)
            for broken in found[:1]:
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
