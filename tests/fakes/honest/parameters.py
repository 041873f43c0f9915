"""Parameters: of the path, the query and the header section."""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from .contract import Contract, Operation
from .messages import Fault, Refused, Request
from .shapes import faults

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)")
UNREADABLE = "The request has a parameter that cannot be read: see errors."


def read(contract: Contract, operation: Operation, path: dict[str, str], request: Request) -> dict[str, Any]:
    """
    Return the value of each parameter, None for one that is left out and has no default.

    If-Match is judged with the precondition. Raises Refused, with each fault.
    """
    given: dict[tuple[str, str], list[str]] = {("path", name): [text] for name, text in path.items()}
    found: list[Fault] = []
    for name, text in of_query(request.target, found):
        given.setdefault(("query", name), []).append(text)
    for name, lines in request.fields.items():
        given["header", name] = [", ".join(lines)]
    values = {}
    for parameter in operation.parameters:
        place = parameter["in"]
        name = parameter["name"]
        texts = given.pop((place, name.lower() if place == "header" else name), [])
        schema = contract.resolved(parameter["schema"])
        values[name] = schema.get("default")
        if texts and name != "If-Match":
            values[name] = value_of(contract, schema, texts, f"/{place}/{name}", found)
    for place, name in given:
        if place == "query":
            found.append(Fault(f"/query/{name}"[:300], "unknown", "The operation has no such parameter."))
    missing = [each for each in operation.parameters if each["in"] == "query" and each.get("required")]
    found += [
        Fault(f"/query/{each['name']}", "required", "This is missing.")
        for each in missing
        if values[each["name"]] is None
    ]
    if found:
        raise Refused(400, "invalid_parameter", UNREADABLE, *unique(found))
    return values


def unique(found: list[Fault]) -> list[Fault]:
    """Return the first fault of each pointer."""
    return list({fault.pointer: fault for fault in reversed(found)}.values())[::-1]


def of_query(target: str, found: list[Fault]) -> list[tuple[str, str]]:
    """Return the names and values of a query, as forms write them."""
    query = target.partition("?")[2]
    pairs = []
    for part in query.split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        try:
            pairs.append((decoded(name), decoded(value)))
        except UnicodeDecodeError:
            found.append(Fault("/query", "encoding", "This is no UTF-8."))
    return pairs


def decoded(text: str) -> str:
    raw = unquote_to_bytes(text.replace("+", " ").encode("latin-1"))
    return raw.decode("utf-8")


def value_of(contract: Contract, schema: dict[str, Any], texts: list[str], pointer: str, found: list[Fault]) -> Any:
    """Return what a text stands for; adds what is wrong with it to `found`."""
    if len(texts) > 1:
        found.append(Fault(pointer, "repeated", "This may stand once."))
        return None
    value: Any = texts[0]
    if schema["type"] == "integer":
        if not NUMBER.fullmatch(value) or len(value) > 20:
            found.append(Fault(pointer, "type", "This is no integer, written as 7 is."))
            return None
        value = int(value)
    if schema["type"] == "boolean":
        if value not in ("true", "false"):
            found.append(Fault(pointer, "type", "This is neither true nor false."))
            return None
        value = value == "true"
    found.extend(faults(contract, schema, value, pointer))
    return value
