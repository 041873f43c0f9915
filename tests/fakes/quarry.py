"""
A quarry that sells stones: an honest service that takes much and needs little of it, with one defect at a time.

Each defect shows with a small part of what a request may have; the rest of such a request has nothing to do with it.
"""

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema import Draft202012Validator

JSON = dict[str, Any]
Answer = tuple[int, dict[str, Any], Any]
NAME: JSON = {"type": "string", "minLength": 1, "maxLength": 40}
YEAR: JSON = {"type": "integer", "minimum": 1000, "maximum": 2100}
CODE: JSON = {"type": "string", "pattern": "^[a-z%+ ]{1,12}$"}
ORDER: JSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["customer", "lines"],
    "properties": {
        "customer": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {"name": NAME, "phone": {"type": "string", "pattern": "^[0-9]{3,9}$"}},
        },
        "lines": {
            "type": "array",
            "minItems": 1,
            "maxItems": 4,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["stone"],
                "properties": {
                    "stone": {"type": "integer", "minimum": 1, "maximum": 99},
                    "cut": {"enum": ["rough", "sawn"]},
                    "options": {
                        "type": "array",
                        "maxItems": 3,
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["code"],
                            "properties": {"code": NAME, "engraving": {"type": "string", "maxLength": 60}},
                        },
                    },
                },
            },
        },
        "remarks": {"type": "string", "maxLength": 200},
        "express": {"type": "boolean"},
    },
}
QUERY: Mapping[str, JSON] = {
    "year_from": YEAR,
    "year_to": YEAR,
    "colour": {"enum": ["grey", "red", "white"]},
    "weight": {"type": "number", "minimum": 0, "maximum": 5000},
    "sort": {"enum": ["name", "year"]},
    "direction": {"enum": ["up", "down"]},
    "text": {"type": "string", "minLength": 1, "maxLength": 80},
}
HEADERS: Mapping[str, JSON] = {
    "X-Branch": {"type": "string", "pattern": "^[a-z]{1,12}$"},
    "X-Campaign": {"type": "string", "pattern": "^[a-z]{1,12}$"},
}
PROBLEM: JSON = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}
STONES: JSON = {
    "type": "object",
    "required": ["items", "total"],
    "properties": {"items": {"type": "array", "items": {"type": "object"}}, "total": {"type": "integer"}},
}


def shown(schema: JSON, media_type: str = "application/json") -> JSON:
    return {"description": "What is said.", "content": {media_type: {"schema": schema}}}


REFUSALS: JSON = {status: shown(PROBLEM, "application/problem+json") for status in ("400", "404", "405", "415", "422")}
PARAMETERS: list[JSON] = [
    *({"name": name, "in": "query", "schema": schema} for name, schema in QUERY.items()),
    *({"name": name, "in": "header", "schema": schema} for name, schema in HEADERS.items()),
]
DOCUMENT: JSON = {
    "openapi": "3.1.0",
    "info": {"title": "Quarry", "version": "1.0.0"},
    "security": [],
    "paths": {
        "/stones": {
            "get": {
                "operationId": "list_stones",
                "parameters": PARAMETERS,
                "responses": {"200": shown(STONES), **REFUSALS},
            }
        },
        "/stones/{code}/cuts/{year}": {
            "get": {
                "operationId": "show_cut",
                "parameters": [
                    {"name": "code", "in": "path", "required": True, "schema": CODE},
                    {"name": "year", "in": "path", "required": True, "schema": YEAR},
                ],
                "responses": {"200": shown({"type": "object"}), **REFUSALS},
            }
        },
        "/orders": {
            "post": {
                "operationId": "create_order",
                "parameters": [each for each in PARAMETERS if each["in"] == "header"],
                "requestBody": {"required": True, "content": {"application/json": {"schema": ORDER}}},
                "responses": {"202": shown({"type": "object"}), **REFUSALS},
            }
        },
    },
}


CUT = re.compile("/stones/(?P<code>[^/]+)/cuts/(?P<year>[^/]+)")


@dataclass(frozen=True)
class Order:
    """A request as the service reads it: names of header fields are in lower case."""

    method: str
    path: str
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    content: Any

    @property
    def options(self) -> list[JSON]:
        lines = self.content["lines"] if isinstance(self.content, dict) else []
        return [option for line in lines for option in line.get("options", [])]


@dataclass
class Quarry:
    """
    The service; `defect` tells what it answers to a request that it would take, None where it does as it should.

    `sent` has each request that it got, as method and target.
    """

    defect: Callable[[Order], Answer | None] = lambda order: None
    checks: Mapping[str, JSON] = field(default_factory=lambda: QUERY)
    sent: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        with self.lock:
            self.sent.append(f"{method} {target}")
        split = urlsplit(target)
        offered = {"/stones": ("GET", "HEAD"), "/orders": ("POST",)}.get(split.path)
        cut = CUT.fullmatch(split.path)
        if offered is None and cut is None:
            return refusal(404, "nothing is here")
        offered = offered or ("GET", "HEAD")
        if method not in offered:
            return refusal(405, "not offered", {"Allow": ", ".join(offered)})
        try:
            if cut is None:
                order = self.read(method, split.path, split.query, headers, body)
            else:
                order = read_cut(method, split.path, {name: unquote(text) for name, text in cut.groupdict().items()})
        except ValueError as problem:
            return refusal(422, str(problem))
        wrong = self.defect(order)
        if wrong is not None:
            return wrong
        return (202, {}, {}) if method == "POST" else (200, {}, {"items": [], "total": 0})

    def read(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Order:
        """Return a request that the document allows; ValueError for any other."""
        for name, schema in HEADERS.items():
            require(headers.get(name.lower(), "a"), schema, name)
        if path == "/orders":
            if headers.get("content-type", "").partition(";")[0] != "application/json":
                raise ValueError("it is no JSON")
            content = json.loads(body)
            require(content, ORDER, "the order")
            return Order(method, path, {}, headers, content)
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a parameter stands twice")
        read = {name: text if name == "text" else number(text) for name, text in pairs}
        for name in read.keys() & self.checks.keys():
            require(read[name], self.checks[name], name)
        return Order(method, path, read, headers, None)


def read_cut(method: str, path: str, named: Mapping[str, str]) -> Order:
    """Return a request for a cut that the document allows; ValueError for any other."""
    read = {"code": named["code"], "year": number(named["year"])}
    require(read["code"], CODE, "code")
    require(read["year"], YEAR, "year")
    return Order(method, path, read, {}, None)


def require(value: Any, schema: JSON, name: str) -> None:
    """Raise ValueError where a value is not what it has to be."""
    if not Draft202012Validator(schema).is_valid(value):
        raise ValueError(f"{name} is wrong")


def number(text: str) -> Any:
    """Return a number as JSON writes it; the text where it is none."""
    return float(text) if re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?", text) else text


def refusal(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Answer:
    return status, {"Content-Type": "application/problem+json", **(headers or {})}, {"detail": detail}


# The defects, each with what a request has to have.

CRASH: Answer = (500, {"Content-Type": "application/problem+json"}, {"detail": "division by zero"})


def crashes_with_one_parameter(order: Order) -> Answer | None:
    return CRASH if "year_from" in order.query else None


def crashes_with_one_member(order: Order) -> Answer | None:
    return CRASH if any("engraving" in option for option in order.options) else None


def crashes_with_one_header(order: Order) -> Answer | None:
    return CRASH if "x-campaign" in order.headers else None


def crashes_with_long_text(order: Order) -> Answer | None:
    return CRASH if len(str(order.query.get("text", ""))) > 12 else None


def breaks_its_schema_with_two_parameters(order: Order) -> Answer | None:
    return (200, {}, {"items": []}) if {"sort", "direction"} <= order.query.keys() else None


def refuses_what_is_valid(order: Order) -> Answer | None:
    return (
        refusal(422, "the order is wrong") if isinstance(order.content, dict) and order.content.get("express") else None
    )


def crashes_with_a_code_of_three(order: Order) -> Answer | None:
    return CRASH if "/cuts/" in order.path and len(order.query["code"]) > 2 else None


class CrashesOnce:
    """Crashes with one parameter, and never again."""

    def __init__(self) -> None:
        self.has_crashed = False

    def __call__(self, order: Order) -> Answer | None:
        if self.has_crashed or "year_to" not in order.query:
            return None
        self.has_crashed = True
        return CRASH


def written(folder: Path) -> Path:
    """Write the document as a file and return its path."""
    path = folder / "quarry.json"
    path.write_text(json.dumps(DOCUMENT, indent=1), encoding="utf-8")
    return path
