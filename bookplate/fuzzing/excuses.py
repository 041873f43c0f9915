"""Rejections of valid data that a schema cannot foresee, apart from those that it can."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ..contract.operation import Operation
from ..contract.schema import Schema
from ..contract.security import Carried
from ..fixtures.formats import MEANINGS

ENTITY_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAGS = re.compile(rf"\s*(?:\*|{ENTITY_TAG}(?:\s*,\s*{ENTITY_TAG})*)\s*")


class Sent(Protocol):
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes | str | None: ...


def excused(status: int, sent: Sent, operation: Operation) -> bool:
    """Tell whether a request that its schema allows was rightly refused for what no schema can say."""
    body = json_of(sent)
    if status in (400, 422) and has_integer_with_fraction(body, operation.members):
        return True
    if status == 400:
        return has_malformed_precondition(sent)
    if status != 422 or not isinstance(body, dict):
        return False
    return needs_proof(body, operation) or has_empty_form(body, operation)


def takes_what_nobody_knows(operation: Operation) -> bool:
    """Tell whether a part of what it takes could not be read: then nobody knows what is valid."""
    schemas = [media.schema for media in operation.body.content.values()] if operation.body else []
    schemas += [parameter.schema for parameter in operation.parameters]
    return any(schema is not None and not schema.is_known for schema in schemas)


def parameters_in(case: Any) -> dict[str, Any]:
    """Return the parameters of a generated request by place and name."""
    return {"path": case.path_parameters, "query": case.query, "header": case.headers, "cookie": case.cookies}


def shows_credentials(sent: Mapping[str, Mapping[str, Any]], carried: Sequence[Carried]) -> bool:
    """Tell whether a request has a value where credentials stand; `sent` has the values by place and name."""
    return any(name.lower() == part.name.lower() for part in carried for name in (sent.get(part.place) or {}))


def has_malformed_precondition(sent: Sent) -> bool:
    """A schema with the grammar of RFC 9110, sections 13.1.1 and 13.1.2 would refuse what is judged later."""
    found = [sent.headers.get(name) for name in ("If-Match", "If-None-Match")]
    return any(tags is not None and not TAGS.fullmatch(tags) for tags in found)


def has_forbidden_parameter(sent: Mapping[str, Mapping[str, Any]], operation: Operation) -> bool:
    """Tell whether a parameter that was sent breaks its own schema: then the request is none that the document allows."""
    return bool(forbidden_parameter(sent, operation))


def forbidden_parameter(sent: Mapping[str, Mapping[str, Any]], operation: Operation) -> str:
    """
    Return the name of the first parameter that was sent and breaks its own schema; empty where none does.

    The engine forgets the pattern of a parameter that it adds to required ones. `sent` has the values by place and name;
    those of arrays and objects are not looked at, as they may be written in many ways.
    """
    for parameter in operation.parameters:
        values = sent.get(parameter.place) or {}
        if parameter.name in values and not is_allowed(values[parameter.name], parameter.schema):
            return parameter.name
    return ""


def is_allowed(value: Any, schema: Schema) -> bool:
    """Tell whether a schema allows a value, or what it is when it is read as JSON: in a URL everything is text."""
    if not isinstance(value, str) or schema.items is not None or schema.members:
        return True
    return any(schema.allows(reading, request=True) for reading in (value, as_json(value)))


def as_json(text: str) -> Any:
    """Return what a text is in JSON; the text itself where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def needs_proof(body: Mapping[str, Any], operation: Operation) -> bool:
    """A new secret is taken only with the old one, which no generator knows."""
    return bool(proven(operation) & body.keys())


def proven(operation: Operation) -> set[str]:
    """Return the members by which an operation takes a new secret with the old one; none where it takes none so."""
    role = operation.auth_role
    if role is None or role.proof is None:
        return set()
    return {pointer.lstrip("/") for pointer in (role.secret, role.proof) if pointer is not None}


def has_empty_form(body: Mapping[str, Any], operation: Operation) -> bool:
    """A member has the form that its pattern asks for but not what its format means, such as a check digit."""
    for name, value in body.items():
        means = MEANINGS.get(operation.members[name].format or "") if name in operation.members else None
        if means is not None and isinstance(value, str) and not means(value):
            return True
    return False


def has_integer_with_fraction(value: Any, members: Mapping[str, Schema]) -> bool:
    """
    Tell whether an integer is written with a fraction of zero, as 584.0, in a member or deeper.

    JSON Schema (2020-12, Validation, section 6.1.1) calls it an integer; many languages read a number with a point into
    no integer, and before draft 6 it was none.
    """
    if not isinstance(value, dict):
        return False
    return any(is_integer_with_fraction(value[name], schema) for name, schema in members.items() if name in value)


def is_integer_with_fraction(value: Any, schema: Schema) -> bool:
    if isinstance(value, float):
        return value.is_integer() and "integer" in schema.types
    if isinstance(value, list):
        return schema.items is not None and any(is_integer_with_fraction(each, schema.items) for each in value)
    return has_integer_with_fraction(value, schema.members)


def json_of(sent: Sent) -> Any:
    try:
        return json.loads(sent.body or b"")
    except ValueError:
        return None
