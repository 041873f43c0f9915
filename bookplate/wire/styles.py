"""Parameters as text: how values are written into a path, a query, a header and a cookie."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ..contract.operation import Operation
from ..contract.parameter import Parameter
from ..contract.style import FORM, Style

Pairs = list[tuple[str, str]]

# What a query can hold as it is where a parameter allows reserved characters: not what would end the value.
RESERVED = ":/?@!$'()*,;[]"
# What a path can hold as it is (RFC 3986, section 3.3), with the braces of a template, and what is encoded already.
OF_PATHS = "/:@!$&'()*+,;=~{}%"
OF_COOKIES = "!#$&'()*+-./:<=>?@[]^_`{|}~"
DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}
# The mark before the first item, and the one between items that are written by themselves (RFC 6570, section 3.2).
OF_SEGMENTS = {"simple": ("", ","), "label": (".", "."), "matrix": (";", ";")}


def filled_path(operation: Operation, arguments: Mapping[str, Any]) -> str:
    """Return the path of an operation with its arguments, percent-encoded."""
    path = quote(operation.path, safe=OF_PATHS)
    for name, value in arguments.items():
        parameter = operation.parameter(name, "path")
        written = segment(parameter, value) if parameter else quote(plain_text(value), safe="")
        path = path.replace(f"{{{quote(name, safe=OF_PATHS)}}}", written)
    return path


def segment(parameter: Parameter, value: Any) -> str:
    """Return an argument of a path as its parameter declares it (OpenAPI 3.0.3, section 4.7.12.4)."""
    if parameter.media_type is not None:
        return quote(json.dumps(value, ensure_ascii=False), safe="")
    name, style = parameter.name, parameter.style
    first, between = OF_SEGMENTS.get(style.name, OF_SEGMENTS["simple"])
    if style.explode and isinstance(value, list | dict):
        return first + between.join(exploded(name, value, style))
    written = joined(value, safe="")
    return f"{first}{name}={written}" if style.name == "matrix" else first + written


def exploded(name: str, value: list[Any] | dict[str, Any], style: Style) -> list[str]:
    """Return each item, or each member with its name, as one text; matrix writes the name before items too."""
    if isinstance(value, dict):
        return [f"{quote(key, safe='')}={quote(plain_text(each), safe='')}" for key, each in value.items()]
    before = f"{name}=" if style.name == "matrix" else ""
    return [before + quote(plain_text(each), safe="") for each in value]


def query_string(operation: Operation, arguments: Mapping[str, Any]) -> str:
    """Return the query for these arguments, percent-encoded; those that the operation does not declare are forms."""
    written = []
    for name, value in arguments.items():
        known = next((each for each in operation.query_parameters if each.name == name), None)
        written += [f"{quote(key, safe='$')}={text}" for key, text in query_pairs(name, value, known)]
    return "&".join(written)


def query_pairs(name: str, value: Any, parameter: Parameter | None) -> Pairs:
    """Return the names, as they are, and the values, percent-encoded, that an argument of a query becomes."""
    if parameter is not None and parameter.media_type is not None:
        return [(name, quote(json.dumps(value, ensure_ascii=False), safe=""))]
    style = parameter.style if parameter else FORM
    safe = RESERVED if style.allow_reserved else ""
    delimiter = quote(delimiter_of(style), safe=",")
    return [
        (key, delimiter.join(quote(part, safe=safe) for part in parts)) for key, parts in styled(name, value, style)
    ]


def styled(name: str, value: Any, style: Style) -> list[tuple[str, list[str]]]:
    """
    Return the pairs that a value becomes, each value as the parts that `delimiter_of` its style stands between.

    They are not percent-encoded (OpenAPI 3.0.3, section 4.7.12.4). An empty list or object becomes no pair.
    """
    if style.name == "deepObject":
        return [(key, [text]) for key, text in deep(name, value)]
    if value in ([], {}):
        return []
    if style.explode and isinstance(value, list):
        return [(name, [plain_text(each)]) for each in value]
    if style.explode and isinstance(value, dict):
        return [(key, [plain_text(each)]) for key, each in value.items()]
    return [(name, parts_of(value))]


def delimiter_of(style: Style) -> str:
    """Return what stands between the items of a list that is written as one text."""
    return DELIMITERS.get(style.name, ",")


def parts_of(value: Any) -> list[str]:
    """Return the items of a list, the names and values of an object one behind the other, or all else as one text."""
    if isinstance(value, dict):
        return [plain_text(part) for pair in value.items() for part in pair]
    return [plain_text(part) for part in value] if isinstance(value, list) else [plain_text(value)]


def deep(name: str, value: Any) -> Pairs:
    """Return the pairs of deepObject: the name of each member in brackets, one pair of them for each level."""
    if isinstance(value, dict):
        return [pair for key, each in value.items() for pair in deep(f"{name}[{key}]", each)]
    if isinstance(value, list):
        return [pair for each in value for pair in deep(name, each)]
    return [(name, plain_text(value))]


def joined(value: Any, safe: str) -> str:
    """Return a value as one percent-encoded text, with commas between its parts."""
    return ",".join(quote(part, safe=safe) for part in parts_of(value))


def header_value(parameter: Parameter, value: Any) -> str:
    """Return an argument as the value of a header field, which is the style simple without percent-encoding."""
    if parameter.media_type is not None:
        return json.dumps(value)
    if isinstance(value, dict) and parameter.style.explode:
        return ",".join(f"{key}={plain_text(each)}" for key, each in value.items())
    return ",".join(parts_of(value))


def cookie_pair(parameter: Parameter, value: Any) -> str:
    """Return an argument as a pair of the Cookie field (RFC 6265, section 4.2.1), items with commas between them."""
    if parameter.media_type is not None:
        return f"{parameter.name}={quote(json.dumps(value), safe=OF_COOKIES)}"
    return f"{parameter.name}={joined(value, OF_COOKIES)}"


def plain_text(value: Any) -> str:
    """Return a value as text: text as it is, all else as JSON writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False, default=str)
