"""Parameters: what a request says beside its content."""

from typing import Any

from .lines import DocumentError
from .media import content_of, examples_of
from .schema import Schema
from .source import Source
from .style import USUAL, style_of

PLACES = ("path", "query", "header", "cookie")


class Parameter:
    """
    A named value of a request (OpenAPI 3.0.3, section 4.7.12, and 3.1, section 4.8.12, Parameter Object).

    `place` is path, query, header or cookie (its `in`), `schema` what its value has to be. `examples` are the valid
    values that it names, none where it names none. `style` says how the value is written; where `media_type` is not
    None, it is written as content of that media type instead.
    """

    def __init__(self, source: Source, node: Any) -> None:
        declaration = source.mapping(node, "parameter", "write name, in and schema")
        if not isinstance(declaration.get("name"), str) or declaration.get("in") not in PLACES:
            place = source.where_is(node)
            raise DocumentError(
                f"{place}: a parameter has no name, or no place: write name, and in: {'|'.join(PLACES)}"
            )
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

    The same name at the same place is the same parameter (OpenAPI 3.0.3, section 4.7.10, and 3.1, section 4.8.10).
    """
    found: dict[tuple[str, str], Parameter] = {}
    for holder in (path_item, operation):
        for node in listed(source, holder):
            parameter = Parameter(source, node)
            found[parameter.place, parameter.name] = parameter
    return tuple(found.values())


def listed(source: Source, holder: dict[str, Any]) -> list[Any]:
    nodes = holder.get("parameters", [])
    if not isinstance(nodes, list):
        raise DocumentError(f"{source.where_is(nodes)}: this is no list of parameters: begin each with a hyphen")
    return nodes
