"""JSON as this contract takes it: without duplicate names, NUL or lone surrogates."""

import json
from typing import Any

from .messages import Refused

DEEPEST = 64


def parsed(content: bytes) -> Any:
    """Return the value of a JSON text; raises Refused where it cannot be read."""
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=without_duplicates, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise unreadable() from None
    refuse_strange(value, 0)
    return whole_numbers(value)


def unreadable() -> Refused:
    return Refused(400, "malformed_content", "The content is no JSON text in UTF-8 that this service can read.")


def refuse(constant: str) -> None:
    raise ValueError(constant)


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def refuse_strange(value: Any, depth: int) -> None:
    """Raise Refused for characters that no text of this service has, and for what is nested too deeply."""
    if depth > DEEPEST:
        raise unreadable()
    if isinstance(value, str) and ("\0" in value or any("\ud800" <= each <= "\udfff" for each in value)):
        raise unreadable()
    if isinstance(value, dict):
        for name, member in value.items():
            refuse_strange(name, depth + 1)
            refuse_strange(member, depth + 1)
    if isinstance(value, list):
        for member in value:
            refuse_strange(member, depth + 1)


def whole_numbers(value: Any) -> Any:
    """Return a value whose members that are whole are integers: in JSON, 1965.0 is one."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: whole_numbers(member) for name, member in value.items()}
    return value
