"""The document's schemas as compiled validators, and the readings of text that come before them."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from itertools import chain, islice
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
from starlette.types import Scope

from ..problems import MOST_FAULTS, Fault, InvalidParameter, MalformedContent, fault
from .contract import Contract, Json, Operation

INTEGER = re.compile(r"\A(?:0|-?[1-9][0-9]{0,18})\Z")
UNREADABLE = re.compile(r"[\x00\ud800-\udfff]")
MOST_DIGITS = 18
# Far above what any operation takes: beyond these a request costs no more than its bytes.
MOST_PARAMETERS, MOST_VALUES, DEEPEST, LONGEST_NUMBER = 100, 1000, 50, 400
EVERYWHERE = ("If-Match",)


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


class ParameterValidator:
    """The parameters of one operation: path, query and header, each read strictly and never coerced beyond its type."""

    def __init__(self, operation: Operation) -> None:
        # Whether If-Match is there and well formed is judged with the precondition, after ownership.
        judged_later = EVERYWHERE if "428" in operation.raw["responses"] else ()
        self._by_place: dict[str, dict[str, _Parameter]] = {"path": {}, "query": {}, "header": {}}
        for raw in operation.parameters:
            parameter = _Parameter(operation.contract, raw, is_judged=raw["name"] not in judged_later)
            self._by_place[raw["in"]][raw["name"].lower() if raw["in"] == "header" else raw["name"]] = parameter
        self._bypass = (operation.cache or {}).get("bypass")

    def read(self, scope: Scope) -> tuple[Json, Json]:
        """
        Return the arguments by Python name, and the query as it was given, in canonical order.

        Raises InvalidParameter with a fault for each parameter that is wrong.
        """
        given = self._query(scope)
        faults = [
            fault(f"/query/{escaped(name)}", "unknown_parameter", "This operation has no such query parameter.")
            for name in given
            if name not in self._by_place["query"]
        ]
        sources = {"path": scope.get("path_params", {}), "query": given, "header": self._headers(scope)}
        arguments: Json = {}
        for place, parameters in self._by_place.items():
            for name, parameter in parameters.items():
                faults += parameter.read(sources[place].get(name), arguments)
        if faults:
            raise InvalidParameter(faults=faults)
        order = [name for name in self._by_place["query"] if name in given and name != self._bypass]
        return arguments, {name: arguments[self._by_place["query"][name].argument] for name in order}

    def _query(self, scope: Scope) -> dict[str, str]:
        raw = scope["query_string"]
        if raw.count(b"&") >= MOST_PARAMETERS:
            raise InvalidParameter(f"The query has more than {MOST_PARAMETERS} parameters.")
        try:
            pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict")
        except ValueError:
            raise InvalidParameter("The query is not percent-encoded UTF-8.") from None
        given = dict(pairs)
        if len(given) != len(pairs):
            counted = Counter(name for name, _ in pairs)
            repeated = sorted(name for name, count in counted.items() if count > 1)
            faults = [
                fault(f"/query/{escaped(name)}", "repeated_parameter", "Give this parameter once.") for name in repeated
            ]
            raise InvalidParameter(faults=faults)
        return given

    def _headers(self, scope: Scope) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for raw_name, raw_value in scope["headers"]:
            name = raw_name.decode("latin-1")
            if name in self._by_place["header"]:
                found.setdefault(name, []).append(raw_value.decode("latin-1"))
        return {name: ", ".join(values) for name, values in found.items()}


class _Parameter:
    def __init__(self, contract: Contract, raw: Json, *, is_judged: bool) -> None:
        schema = contract.resolve(raw["schema"])
        self.pointer = f"/{raw['in']}/{raw['name']}"
        self.argument = raw["name"].lower().replace("-", "_")
        self.default = schema.get("default")
        self.is_required = raw.get("required", False) and is_judged
        self.is_judged = is_judged
        self.type = schema.get("type")
        self._validator = ContentValidator(contract, schema)

    def read(self, text: Any, arguments: Json) -> list[Fault]:
        """Put the value among the arguments, or return what is wrong with it."""
        if text is None:
            arguments[self.argument] = self.default
            missing = fault(self.pointer, "required", "This parameter is required.")
            return [missing] if self.is_required else []
        arguments[self.argument] = value = self._value(text)
        if not self.is_judged:
            return []
        return [each | {"pointer": self.pointer} for each in self._validator.faults(value)]

    def _value(self, text: Any) -> Any:
        if self.type == "integer" and INTEGER.match(str(text)):
            return int(text)
        if self.type == "boolean" and text in ("true", "false"):
            return text == "true"
        return text


def parse_json(content: bytes) -> Any:
    """
    Read a JSON text as RFC 8259 and I-JSON (RFC 7493) define it.

    Raises MalformedContent for anything else: duplicate keys, NaN, NUL and lone surrogates included. So are texts of
    more values, deeper or with longer numbers than any operation takes (RFC 8259, section 9).
    """
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse,
            parse_int=_bounded_integer,
            parse_float=_finite,
        )
        _check_values(value)
    except (ValueError, RecursionError) as error:
        reason = str(error) if type(error) is ValueError else "It is not a JSON text in UTF-8, or nested too deeply."
        raise MalformedContent(f"The content cannot be read. {reason}") from None
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> Json:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("An object has a member twice.")
    return value


def _refuse(constant: str) -> None:
    raise ValueError("NaN and Infinity are no JSON numbers.")


def _bounded_integer(text: str) -> float:
    # No schema here admits more digits, and converting millions of them would take the loop's time.
    return int(text) if len(text) <= MOST_DIGITS else math.copysign(1e300, -1 if text[0] == "-" else 1)


def _finite(text: str) -> float:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"A number has more than {LONGEST_NUMBER} characters.")
    number = float(text)
    if math.isinf(number):
        raise ValueError("A number is too large.")
    return number


def _check_values(value: Any) -> None:
    """Look at each value once, level by level, and at no more of them than are allowed."""
    level, seen = [value], 0
    for _ in range(DEEPEST):
        seen += len(level)
        if seen > MOST_VALUES:
            raise ValueError(f"It has more than {MOST_VALUES} values.")
        if any(isinstance(each, str) and UNREADABLE.search(each) for each in level):
            raise ValueError("A string has NUL or a lone surrogate.")
        level = list(islice(chain.from_iterable(map(_parts, level)), MOST_VALUES + 1))
        if not level:
            return
    raise ValueError(f"It is nested more than {DEEPEST} deep.")


def _parts(value: Any) -> Iterable[Any]:
    """Return the members or items of a value; names of members are values too."""
    if isinstance(value, dict):
        return chain.from_iterable(value.items())
    return value if isinstance(value, list) else ()


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
