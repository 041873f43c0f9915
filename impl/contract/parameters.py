"""Parameters of a request: each read strictly from its text, and held to its schema."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from ..problems import Fault, InvalidParameter, fault
from .contract import Contract, Json, Operation
from .validators import ContentValidator, escaped

INTEGER = re.compile(r"\A(?:0|-?[1-9][0-9]{0,18})\Z")
# Far above what any operation takes: beyond it a request costs no more than its bytes.
MOST_PARAMETERS = 100
EVERYWHERE = ("If-Match",)


class ParameterValidator:
    """The parameters of one operation: path, query and header, each read strictly and never coerced beyond its type."""

    def __init__(self, operation: Operation) -> None:
        # Whether If-Match is there and well formed is judged with the precondition, after ownership.
        judged_later = EVERYWHERE if "428" in operation.raw["responses"] else ()
        self._by_place: dict[str, dict[str, _Parameter]] = {"path": {}, "query": {}, "header": {}}
        for raw in operation.parameters:
            parameter = _Parameter(operation.contract, raw, is_judged=raw["name"] not in judged_later)
            self._by_place[raw["in"]][raw["name"].lower() if raw["in"] == "header" else raw["name"]] = parameter
        self._defaults = {
            parameter.argument: parameter.default
            for parameters in self._by_place.values()
            for parameter in parameters.values()
        }
        self._header_names = {name.encode(): name for name in self._by_place["header"]}
        self._bypass = (operation.cache or {}).get("bypass")

    def read(self, path_values: Json, query_string: bytes, fields: Iterable[tuple[bytes, bytes]]) -> tuple[Json, Json]:
        """
        Return the arguments by Python name, and the query as it was given, in canonical order.

        `path_values` are those of the path's parameters, `fields` those of the request, their names in small letters.

        Raises InvalidParameter with a fault for each parameter that is wrong.
        """
        given = self._query(query_string)
        faults = [
            fault(f"/query/{escaped(name)}", "unknown_parameter", "This operation has no such query parameter.")
            for name in given
            if name not in self._by_place["query"]
        ]
        sources = {"path": path_values, "query": given, "header": self._headers(fields)}
        arguments = self._defaults.copy()
        for place, parameters in self._by_place.items():
            given_here = sources[place]
            for name, parameter in parameters.items():
                if name in given_here:
                    faults += parameter.read(given_here[name], arguments)
                elif parameter.is_required:
                    faults.append(fault(parameter.pointer, "required", "This parameter is required."))
        if faults:
            raise InvalidParameter(faults=faults)
        order = [name for name in self._by_place["query"] if name in given and name != self._bypass]
        return arguments, {name: arguments[self._by_place["query"][name].argument] for name in order}

    def _query(self, raw: bytes) -> dict[str, str]:
        if not raw:
            return {}
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

    def _headers(self, fields: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for raw_name, raw_value in fields:
            if name := self._header_names.get(raw_name):
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
