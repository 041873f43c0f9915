"""Parameters: what a request says beside its content."""

import re
from typing import Any

from .media import content_of, examples_of
from .schema import Schema
from .source import Source
from .style import USUAL, style_of

TEMPLATE = re.compile(r"\{([^{}]*)\}")  # a parameter in a path (OpenAPI 3.0.3, section 4.7.8.2)
PLACES = ("path", "query", "header", "cookie")
WHOLE_QUERY = "querystring"  # of OpenAPI 3.2 (section 4.12.1), which is left alone
# What HTTP and `security` say of these header fields counts, whatever a parameter says (OpenAPI 3.0.3, section 4.7.12.1).
OF_HTTP = ("accept", "authorization", "content-type")


class Parameter:
    """
    A named value of a request (OpenAPI 3.0.3, section 4.7.12, and 3.1, section 4.8.12, Parameter Object).

    `place` is path, query, header or cookie (its `in`), `schema` what its value has to be. `examples` are the valid
    values that it names, none where it names none. `style` says how the value is written; where `media_type` is not
    None, it is written as content of that media type instead. `is_undeclared` says whether only the template of its path
    names it.
    """

    def __init__(self, source: Source, node: Any, *, is_undeclared: bool = False) -> None:
        self.is_undeclared = is_undeclared
        declaration = source.mapping(node, "parameter", "write name, in and schema")
        self.name: str = declaration["name"]
        self.place: str = declaration["in"]
        self.required = bool(declaration.get("required"))
        self.style = style_of(declaration, USUAL[self.place])
        content = next(iter(content_of(source, declaration).values()), None)
        self.media_type: str | None = content.sent_as if content else None
        self.schema = (content.schema if content else None) or Schema(source, declaration.get("schema", {}))
        self.examples: tuple[Any, ...] = (*examples_of(source, declaration), *(content.examples if content else ()))

    def __repr__(self) -> str:
        return f"Parameter({self.name!r} in {self.place})"

    def is_called(self, name: str) -> bool:
        """Tell whether it has this name, in any case: names of headers know none (RFC 9110, section 5.1)."""
        return self.name.lower() == name.lower()


def parameters_of(source: Source, path_item: dict[str, Any], operation: dict[str, Any]) -> tuple[Parameter, ...]:
    """
    Return the parameters of an operation: those of its path, but for those that it declares anew, and its own.

    The same name at the same place is the same parameter (OpenAPI 3.0.3, section 4.7.10, and 3.1, section 4.8.10). What is
    no parameter is a mistake, and is left out; header fields that OpenAPI takes no parameters for are left out too.
    """
    found: dict[tuple[str, str], Parameter] = {}
    for holder in (path_item, operation):
        for number, node in enumerate(nodes := source.listed(holder.get("parameters"))):
            if is_field_of_http(source, node):
                continue
            if is_parameter(source, node):
                parameter = Parameter(source, node)
                found[parameter.place, parameter.name] = parameter
            elif not source.is_hole(node) and not is_whole_query(source, node):
                remedy = f"write name, and in: {'|'.join(PLACES)}"
                source.mistake(f"{source.where_is(nodes, number)}: a parameter has no name, or no place: {remedy}")
    return tuple(found.values())


def is_parameter(source: Source, node: Any) -> bool:
    """Tell whether a node has what no parameter can be without: a name and a place."""
    found = source.resolve(node)
    return isinstance(found, dict) and isinstance(found.get("name"), str) and found.get("in") in PLACES


def is_field_of_http(source: Source, node: Any) -> bool:
    """Tell whether a node is a parameter that OpenAPI ignores, since HTTP or `security` say what it is."""
    if not is_parameter(source, node):
        return False
    found = source.resolve(node)
    return found["in"] == "header" and found["name"].lower() in OF_HTTP


def is_whole_query(source: Source, node: Any) -> bool:
    """Tell whether a node is a parameter of 3.2 that stands for all of the query."""
    found = source.resolve(node)
    return source.version == "3.2" and isinstance(found, dict) and found.get("in") == WHOLE_QUERY


def with_undeclared(source: Source, path: str, declared: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """Return parameters with one of any value for each name in a path that the document does not declare."""
    known = {parameter.name for parameter in declared if parameter.place == "path"}
    missing = dict.fromkeys(name for name in TEMPLATE.findall(path) if name not in known)
    nodes = [{"name": name, "in": "path", "required": True} for name in missing]
    return (*declared, *(Parameter(source, node, is_undeclared=True) for node in nodes))
