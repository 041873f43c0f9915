"""What of a document breaks the schema of OpenAPI itself."""

from collections.abc import Iterator
from typing import Any

import openapi_schema_validator as dialects
from jsonschema.exceptions import SchemaError, best_match
from jsonschema.validators import validator_for
from openapi_spec_validator import schemas

from .document import Document
from .lines import escape, written
from .pointer import look_up
from .references import HOLE
from .structure import Item

# What to write instead, by the keyword of JSON Schema that is broken.
REMEDIES = {
    "const": "write this",
    "enum": "write one of these",
    "format": "write it in this format",
    "pattern": "mend its form",
    "required": "add it",
    "type": "write a value of this type",
}
# The members whose word says what kind of an object it is: of a parameter, and of a security scheme.
WORDS_OF_KIND = (["in"], ["type"])
UNKNOWN_MEMBER = ("additionalProperties", "unevaluatedProperties")
# The names of objects in the schema of 3.0; that of later versions calls them by our words, with hyphens.
NAMES_OF_30 = {
    "schema": "Schema",
    "parameter": "Parameter",
    "response": "Response",
    "request body": "RequestBody",
    "header": "Header",
    "example": "Example",
    "link": "Link",
    "callback": "Callback",
    "media type": "MediaType",
    "security scheme": "SecurityScheme",
}
NAMES = {**{kind: kind.replace(" ", "-") for kind in NAMES_OF_30}, "callback": "callbacks"}
Broken = Any  # ValidationError or SchemaError, whose common class jsonschema keeps to itself
KEPT = ("$schema", "id", "$id", "$defs", "definitions")


def schema_of(document: Document) -> Any:
    """Return the schema of the version of OpenAPI that a document is written in; of 3.2 where it is a later one."""
    known = {"3.0": schemas.schema_v30, "3.1": schemas.schema_v31}
    return dict(known.get(document.version, schemas.schema_v32))


def is_quickly_valid(document: Document) -> bool:
    """Tell whether a validator that is fast, and says little about what is wrong, finds nothing."""
    known = {"3.0": schemas.openapi_v30_schema_validator, "3.1": schemas.openapi_v31_schema_validator}
    validator = known.get(document.version, schemas.openapi_v32_schema_validator)
    return bool(validator.is_valid(document.source.raw))


def invalid_openapi(document: Document) -> Iterator[tuple[str, str]]:
    """Yield what breaks the schema of OpenAPI, in the document and in what it takes from other files."""
    schema = schema_of(document)
    if not is_quickly_valid(document):
        yield from broken(document, schema, "", document.source.raw)
    for item in document.source.taken:
        names = NAMES_OF_30 if document.version == "3.0" else NAMES
        if item.kind in names:
            holder = "definitions" if "definitions" in schema else "$defs"
            part = {key: schema[key] for key in KEPT if key in schema} | {"$ref": f"#/{holder}/{names[item.kind]}"}
            yield from broken(document, part, item.pointer, item.node)


def broken(document: Document, schema: Any, pointer: str, node: Any) -> Iterator[tuple[str, str]]:
    """Yield what of a node breaks a schema of OpenAPI, but for the holes that mistaken references left."""
    for error in validator_for(schema)(schema).iter_errors(node):
        for cause in causes(error):
            at = pointer + written(cause.absolute_path)
            if not leads_into_hole(document.source.raw, at):
                yield from described(document, at, cause)


def leads_into_hole(raw: Any, pointer: str) -> bool:
    """Tell whether a pointer leads to a hole, or to what stands below one."""
    while pointer:
        node = look_up(raw, pointer)
        if isinstance(node, dict) and HOLE in node:
            return True
        pointer = pointer.rpartition("/")[0]
    return False


def causes(error: Broken) -> Iterator[Broken]:
    """Yield what is wrong inside an alternative: all of it where one alternative alone was meant, else the nearest."""
    alternatives: dict[Any, list[Broken]] = {}
    for cause in error.context or ():
        alternatives.setdefault(cause.relative_schema_path[0], []).append(cause)
    # Most alternatives of OpenAPI are an object or a reference to one, and what has no $ref was meant as the object.
    objects = [each for each in alternatives.values() if not any(lacks_reference(cause) for cause in each)]
    # The kinds of an object differ in a word, such as the `in` of a parameter: one with another word was not meant.
    same_kind = [each for each in objects if not any(has_another_word(cause) for cause in each)]
    meant = same_kind if len(same_kind) == 1 else objects
    if len(meant) == 1:
        for cause in meant[0]:
            yield from causes(cause)
    else:
        yield (best_match([error]) if alternatives else None) or error


def lacks_reference(error: Broken) -> bool:
    return error.validator == "required" and str(error.message).startswith("'$ref'")


def has_another_word(error: Broken) -> bool:
    return error.validator in ("enum", "const") and [*error.absolute_path][-1:] in WORDS_OF_KIND


def missing_members(error: Broken) -> list[str]:
    """Return the members of which an object needs one and has none; empty where that is not what is wrong."""
    lacks = [cause for cause in error.context or () if cause.validator == "required"]
    if not lacks or len(lacks) < len(error.context):
        return []
    return sorted({str(name) for cause in lacks for name in cause.validator_value if name not in cause.instance})


def described(document: Document, pointer: str, error: Broken) -> Iterator[tuple[str, str]]:
    """Yield what is wrong at a pointer and what to write instead: a line for each member that means nothing there."""
    unknown = unknown_members(error)
    for name in unknown:
        yield f"{pointer}/{escape(name)}", f"'{name}' means nothing here: remove it or mend its name"
    if missing := missing_members(error):
        yield pointer, f"neither of {', '.join(missing)} is there: add one"
    elif not unknown:
        remedy = REMEDIES.get(str(error.validator), f"write what OpenAPI {document.version} has here")
        yield pointer, f"{shortened(error.message)}: {remedy}"


def unknown_members(error: Broken) -> list[str]:
    """Return the members of an object that its schema does not know; none where that is not what is wrong."""
    if error.validator not in UNKNOWN_MEMBER or not isinstance(error.instance, dict):
        return []
    return [name for name in error.instance if f"'{name}'" in error.message and not name.startswith("x-")]


def shortened(message: str) -> str:
    """Return a message on one line, without the middle of a value that makes it long."""
    line = " ".join(message.split())
    return line if len(line) <= 240 else f"{line[:120]} ... {line[-120:]}"


def invalid_schemas(document: Document) -> Iterator[tuple[str, str]]:
    """Yield what breaks JSON Schema in the schemas of 3.1 and later; that of 3.0 knows them itself."""
    if document.version == "3.0":
        return
    latest = dialects.OAS32Validator if document.version == "3.2" else dialects.OAS31Validator
    for item in outermost_schemas(document):
        if "$schema" in item.node or "jsonSchemaDialect" in document.source.raw:
            continue  # another dialect
        try:
            latest.check_schema(item.node, format_checker=None)
        except SchemaError as problem:
            for cause in causes(problem):
                yield from described(document, item.pointer + written(cause.absolute_path), cause)


def outermost_schemas(document: Document) -> Iterator[Item]:
    """Yield the schemas that stand in no other schema."""
    last = ""
    for item in document.source.items:
        if item.kind == "schema" and not (last and item.pointer.startswith(f"{last}/")):
            last = item.pointer
            yield item
