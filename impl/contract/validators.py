"""The document's schemas as compiled validators."""

import re
from itertools import chain, islice
from typing import Any

import jsonschema_rs

from ..problems import MOST_FAULTS, Fault, fault
from .contract import Contract, Json


class ContentValidator:
    """One schema of the document, compiled once."""

    def __init__(self, contract: Contract, schema: Json) -> None:
        # A copy of all components for each small parameter would add up to more than the service itself.
        rooted = {**schema, "components": contract.raw.get("components", {})} if "$ref" in str(schema) else schema
        self._validator = jsonschema_rs.Draft202012Validator(_with_null_types(rooted), validate_formats=True)

    def faults(self, value: Any) -> list[Fault]:
        """List what breaks the schema, as far as a problem tells it; nothing, if it is valid."""
        if self._validator.is_valid(value):
            return []
        described = (_describe(error) for error in self._validator.iter_errors(value))
        return list(islice(chain.from_iterable(described), MOST_FAULTS))


def _with_null_types(node: Any) -> Any:
    """Rewrite OpenAPI 3.0's `nullable` as JSON Schema knows it: a type pair."""
    if isinstance(node, list):
        return [_with_null_types(item) for item in node]
    if not isinstance(node, dict):
        return node
    rewritten = {name: _with_null_types(member) for name, member in node.items() if name not in ("nullable", "example")}
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        rewritten["type"] = [node["type"], "null"]
    return rewritten


def escaped(part: object) -> str:
    """Write one part of a JSON pointer (RFC 6901, section 3)."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _describe(error: Any) -> list[Fault]:
    kind = error.kind.as_dict()
    pointer = "".join(f"/{escaped(part)}" for part in error.instance_path)
    if error.kind.name == "required":
        return [fault(f"{pointer}/{escaped(kind['property'])}", "required", "This member is required.")]
    if error.kind.name == "additionalProperties":
        return [
            fault(f"{pointer}/{escaped(name)}", "unknown_member", "There is no such member.")
            for name in kind["unexpected"]
        ]
    code = re.sub(r"(?<!^)([A-Z])", r"_\1", error.kind.name).lower()
    return [fault(pointer, code, _in_words(error.kind.name, kind))]


def _in_words(name: str, kind: Json) -> str:
    words = {
        "type": "This has the wrong type.",
        "enum": f"This must be one of {', '.join(map(str, kind.get('options', []) or []))}.",
        "pattern": "This does not have the form that the contract describes.",
        "format": f"This is no {kind.get('format')}.",
        "minLength": f"This is shorter than {kind.get('limit')} characters.",
        "maxLength": f"This is longer than {kind.get('limit')} characters.",
        "minimum": f"This is less than {kind.get('limit')}.",
        "maximum": f"This is more than {kind.get('limit')}.",
        "oneOf": "This is none of the values that the contract names here.",
        "maxItems": f"There are more than {kind.get('limit')} items.",
    }
    return words.get(name, f"This breaks the rule {name} of the contract.")
