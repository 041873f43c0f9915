"""Whether a value has the shape that a schema asks for: of JSON Schema, what this contract uses."""

import re
from collections.abc import Iterator
from typing import Any

from .contract import Contract
from .isbn import isbn_13
from .messages import Fault

TYPES: dict[str, type | tuple[type, ...]] = {"object": dict, "array": list, "string": str, "boolean": bool}


def faults(contract: Contract, schema: dict[str, Any], value: Any, pointer: str = "") -> Iterator[Fault]:
    """Yield what is wrong with a value."""
    schema = contract.resolved(schema)
    if value is None and schema.get("nullable"):
        return
    if "oneOf" in schema:
        yield from faults_of_choice(contract, schema["oneOf"], value, pointer)
        return
    if not has_type(schema.get("type"), value):
        yield Fault(pointer, "type", f"This is not of the type {schema['type']}.")
        return
    if "enum" in schema and value not in schema["enum"]:
        yield Fault(pointer, "enum", "This is none of the values that are allowed.")
    match value:
        case str():
            yield from faults_of_text(schema, value, pointer)
        case int() if not isinstance(value, bool):
            yield from faults_of_number(schema, value, pointer)
        case dict():
            yield from faults_of_object(contract, schema, value, pointer)


def faults_of_choice(contract: Contract, choices: list[dict[str, Any]], value: Any, pointer: str) -> Iterator[Fault]:
    if sum(not any(faults(contract, each, value)) for each in choices) != 1:
        yield Fault(pointer, "one_of", "This is none of the values that are allowed.")


def has_type(name: str | None, value: Any) -> bool:
    if name is None:
        return True
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def faults_of_text(schema: dict[str, Any], value: str, pointer: str) -> Iterator[Fault]:
    if len(value) < schema.get("minLength", 0):
        yield Fault(pointer, "min_length", f"This is shorter than {schema['minLength']} characters.")
    if len(value) > schema.get("maxLength", len(value)):
        yield Fault(pointer, "max_length", f"This is longer than {schema['maxLength']} characters.")
    if "pattern" in schema and not re.search(without_line_end(schema["pattern"]), value):
        yield Fault(pointer, "pattern", "This does not have the form that the contract describes.")
    elif schema.get("format") == "isbn" and isbn_13(value) is None:
        yield Fault(pointer, "isbn", "This is no ISBN: its check digit is wrong.")


def without_line_end(pattern: str) -> str:
    """Return a pattern of ECMA-262, whose `$` does not match in front of a line feed at the end, for Python."""
    return pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern


def faults_of_number(schema: dict[str, Any], value: int, pointer: str) -> Iterator[Fault]:
    if value < schema.get("minimum", value):
        yield Fault(pointer, "minimum", f"This is less than {schema['minimum']}.")
    if value > schema.get("maximum", value):
        yield Fault(pointer, "maximum", f"This is more than {schema['maximum']}.")


def faults_of_object(
    contract: Contract, schema: dict[str, Any], value: dict[str, Any], pointer: str
) -> Iterator[Fault]:
    known = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield Fault(f"{pointer}/{name}", "required", "This is missing.")
    for name, member in value.items():
        place = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"[:300]
        if name in known:
            yield from faults(contract, known[name], member, place)
        elif schema.get("additionalProperties") is False:
            yield Fault(place, "unknown", "The contract knows no such member.")
