"""The document as plain data for the generator of requests, which reads OpenAPI by itself."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from .dialects import by_pattern, is_left_to_pattern
from .operation import Operation
from .parameter import is_field_of_http
from .response import WITHOUT_CONTENT
from .source import Source
from .structure import METHODS, items

WITH_EXAMPLES = ("schema", "parameter", "header", "media type")
NO_CHALLENGES: Mapping[str, str] = {}
# Methods that the suite leaves alone, and servers, which its base URL stands for.
LEFT_OUT = (*METHODS, "query", "additionalOperations", "servers")


def for_generator(
    source: Source,
    operations: Iterable[Operation],
    base: str,
    *,
    examples: bool,
    challenges: Mapping[str, str] = NO_CHALLENGES,
) -> dict[str, Any]:
    """
    Return a document as plain data that says of each operation what the suite knows of it.

    Each has the id that the suite knows it by, answers of statuses without content have none, and where operations have
    servers of their own, each path begins at the host. `base` is the path that all others stand below. Operations that
    nobody can tell how to call are left out. `challenges` are security schemes of HTTP that the document does not declare.
    """
    raw = copy.deepcopy(source.raw)
    if not examples:
        leave_out_examples(raw)
    leave_formats_to_patterns(raw)
    name_links(raw, source)
    readable = [operation for operation in operations if not operation.unreadable]
    is_whole = has_own_servers(readable)
    paths: dict[str, dict[str, Any]] = {}
    for operation in readable:
        item = {key: value for key, value in raw["paths"][operation.path].items() if key not in LEFT_OUT}
        node = raw["paths"][operation.path][operation.method.lower()]
        node["operationId"] = operation.id
        node.pop("servers", None)
        leave_out_content(node, source)
        declare_path(node, operation)
        if operation.facts.security is not None:
            node["security"] = [{name: list(each) for name, each in one.items()} for one in operation.security]
        for holder in (item, node):
            leave_out_fields_of_http(holder, source)
        whole = (base if operation.base is None else operation.base) + operation.path
        paths.setdefault(whole if is_whole else operation.path, item)[operation.method.lower()] = node
    declare_schemes(raw, challenges)
    return {**raw, "paths": paths}


def declare_schemes(raw: dict[str, Any], challenges: Mapping[str, str]) -> None:
    """Declare the security schemes that challenges of the service name."""
    if challenges:
        schemes = raw.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes |= {name: {"type": "http", "scheme": scheme} for name, scheme in challenges.items()}


def has_own_servers(operations: Iterable[Operation]) -> bool:
    """Tell whether some operation stands below another path than the rest."""
    return any(operation.base is not None for operation in operations)


def declare_path(node: dict[str, Any], operation: Operation) -> None:
    """Declare the parameters of a path that the document leaves undeclared: its template asks for a value of each."""
    missing = [parameter for parameter in operation.path_parameters if parameter.is_undeclared]
    if missing:
        declared = [
            {"name": each.name, "in": "path", "required": True, "schema": {"type": "string"}} for each in missing
        ]
        node["parameters"] = [*(node.get("parameters") or []), *declared]


def leave_out_content(operation: dict[str, Any], source: Source) -> None:
    """Take the content from answers of statuses that have none (RFC 9110, section 6.4.1)."""
    responses = operation.get("responses")
    if not isinstance(responses, dict):
        return
    for status in WITHOUT_CONTENT:
        if status in responses:
            answer = source.mapping(responses[status], "response", "write description below it")
            responses[status] = {key: value for key, value in answer.items() if key != "content"}


def leave_out_fields_of_http(holder: dict[str, Any], source: Source) -> None:
    """Take from an operation or a path item what is no parameter (OpenAPI 3.0.3, section 4.7.12.1)."""
    listed = source.listed(holder.get("parameters"))
    kept = [each for each in listed if not is_field_of_http(source, each)]
    if len(kept) < len(listed):
        holder["parameters"] = kept


def leave_out_examples(raw: dict[str, Any]) -> None:
    """Take the examples from a document; members of a schema that are called so stay."""
    for item in [*items("document", "", raw)]:
        for name in ("example", "examples") if item.kind in WITH_EXAMPLES else ():
            item.node.pop(name, None)


def leave_formats_to_patterns(raw: dict[str, Any]) -> None:
    """Name formats otherwise where a pattern beside them decides what is valid: they tell what to generate, no more."""
    for item in [*items("document", "", raw)]:
        if item.kind == "schema" and is_left_to_pattern(item.node):
            item.node["format"] = by_pattern(item.node["format"])


def name_links(raw: dict[str, Any], source: Source) -> None:
    """Let links name operations by their ids, where they refer to their places."""
    for item in [*items("document", "", raw)]:
        if item.kind == "link" and (operation_id := source.id_at(str(item.node.get("operationRef", "")))):
            item.node.pop("operationRef")
            item.node["operationId"] = operation_id
