"""
Tools that people lend to each other: a conformant service that keeps what is written, and tells each state of a tool.

All see every tool; its lender and Kim, the keeper, change it. A tool stands alone, in an object of its own with a strong
ETag, or in the `attributes` of JSON:API. What a PUT leaves out is empty. A tool that is retired is not changed any more.
But for the strong ETag, each answer counts the reads.
"""

import hashlib
import json
import re
import threading
from datetime import date
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

JSON = dict[str, Any]
Answer = tuple[int, JSON, Any]
TOKENS = {"Bearer token-of-ada": "ada", "Bearer token-of-ben": "ben", "Bearer token-of-kim": "kim"}
KEEPER = "kim"
STYLES = ("alone", "wrapped", "json:api")
# What a tool has that a request leaves out.
EMPTY: JSON = {"notes": "", "marks": [], "weight": 1, "bought": None, "lent": False}


class Refusal(Exception):
    """A request that is not done: its status and a word."""

    def __init__(self, status: int, word: str) -> None:
        self.answer: Answer = (status, {}, {"error": word})
        super().__init__(word)


class Tools:
    """The whole service, in one of STYLES; `defect` is what it does wrong, an empty text where it is honest."""

    def __init__(self, style: str = "alone", defect: str = "") -> None:
        self.style = style
        self.defect = defect
        self.tools: dict[str, JSON] = {}
        self.changes: dict[str, int] = {}
        self.reads = 0
        self.lock = threading.Lock()

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """Return status, header fields and content of an answer."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query, keep_blank_values=True, errors="replace")
        with self.lock:
            try:
                person = TOKENS.get(headers.get("authorization", ""))
                if person is None:
                    raise Refusal(401, "who are you?")
                return self.done(method.replace("HEAD", "GET"), path, query, person, headers, body)
            except Refusal as refusal:
                return refusal.answer
            except Exception as problem:  # as a server in production does
                return 500, {}, {"error": repr(problem)}

    def done(self, method: str, path: str, query: JSON, person: str, headers: JSON, body: bytes) -> Answer:
        found = re.fullmatch("/tools(?:/([^/]+)(?:/(retire|label))?)?", path)
        if found is None:
            raise Refusal(404, "nothing is here")
        code, rest = unquote(found[1] or ""), found[2] or ""
        allowed = {"": ("GET", "POST"), "retire": ("POST",), "label": ("GET",)}[rest] if not code or rest else ()
        if method not in (allowed or ("GET", "PUT", "PATCH", "DELETE")):
            raise Refusal(405, "not this way")
        if not code:
            return self.listed(query) if method == "GET" else self.created(person, headers, body)
        if code not in self.tools:
            raise Refusal(404, "no such tool")
        if method == "GET":
            return self.read(code, person, rest)
        if person not in (self.tools[code]["lender"], KEEPER):
            raise Refusal(403, "it is not yours")
        return self.written(method, code, rest, person, headers, body)

    # Reads.

    def listed(self, query: JSON) -> Answer:
        page, size, text = (query.get(name, [usual])[0] for name, usual in (("page", "1"), ("size", "10"), ("q", "")))
        if not re.fullmatch("[1-9][0-9]{0,5}", page) or not re.fullmatch("[1-9]|[1-4][0-9]|50", size):
            raise Refusal(400, "there is no such page")
        if self.defect == "the search is a pattern":
            named = [code for code, tool in self.tools.items() if re.search(text, tool["name"])]
        else:
            named = [code for code, tool in self.tools.items() if text.lower() in tool["name"].lower()]
        first = (int(page) - 1) * int(size)
        shown = [self.shown(code, is_listed=True) for code in named[first : first + int(size)]]
        return 200, {}, {"tools": shown, "total": len(named)}

    def read(self, code: str, person: str, rest: str) -> Answer:
        tool = self.tools[code]
        if self.defect == "its owner's read opens it again" and person == tool["lender"]:
            tool["state"] = "ready"
        if rest == "label":
            encoding = "latin-1" if self.defect == "the label is latin" else "utf-8"
            return 200, {"Content-Type": "text/plain"}, tool["name"].encode(encoding).decode(encoding)
        return 200, {"ETag": self.tag(code)}, self.content(code)

    def shown(self, code: str, *, is_listed: bool = False) -> JSON:
        """Return a tool as answers show it, without the object around it."""
        self.reads += self.style != "wrapped"
        tool = {**self.tools[code], "reads": self.reads}
        if self.style != "json:api" or is_listed:
            return {"code": code, **tool}
        return {"type": "tools", "id": code, "attributes": tool}

    def content(self, code: str) -> JSON:
        member = {"alone": "", "wrapped": "tool", "json:api": "data"}[self.style]
        return {member: self.shown(code)} if member else self.shown(code)

    def tag(self, code: str) -> str:
        tool = dict(self.tools[code])
        if self.defect == "the tag forgets the marks":
            del tool["marks"]
        if self.defect == "the tag forgets the state":
            del tool["state"]
        if self.defect == "the tag forgets the keeper":
            tool = {"changes": self.changes.get(code)}
        digest = hashlib.sha256(repr(tool).encode("utf-8", "backslashreplace")).hexdigest()[:20]
        return f'"{code}-{digest}"' if self.style == "wrapped" else f'W/"{code}-{digest}"'

    # Writes.

    def created(self, person: str, headers: JSON, body: bytes) -> Answer:
        try:
            return self.made(person, self.taken("POST", headers, body))
        except Refusal:
            if self.defect == "the refused are made":
                name = re.search(rb'"name": "([^"]*)"', body)
                self.made(person, {"name": name[1].decode() if name else "no name"})
            raise

    def made(self, person: str, content: JSON) -> Answer:
        code = f"t{len(self.changes) + 1}"
        self.changes[code] = 0
        self.tools[code] = {**EMPTY, **self.kept(content), "state": "ready", "lender": person}
        return 201, {"Location": f"/tools/{code}", "ETag": self.tag(code)}, self.content(code)

    def kept(self, content: JSON) -> JSON:
        """Return content as it is stored."""
        if self.defect == "a text is cut" and "notes" in content:
            return {**content, "notes": content["notes"][:50]}
        if self.defect == "the last day is lost" and content.get("bought") == "9999-12-31":
            return {**content, "bought": None}
        if self.defect == "equal marks are one" and "marks" in content:
            return {**content, "marks": sorted(set(content["marks"]))}
        return content

    def written(self, method: str, code: str, rest: str, person: str, headers: JSON, body: bytes) -> Answer:
        if rest == "retire":
            self.tools[code]["state"] = "retired"
            return 200, {}, self.content(code)
        if method == "DELETE":
            del self.tools[code]
            return 204, {}, None
        content = self.kept(self.taken(method, headers, body))
        if self.tools[code]["state"] == "retired" and self.defect != "the retired are changed":
            raise Refusal(409, "it is retired")
        self.changes[code] += person != KEEPER
        written = {"another is written": list(self.tools)[-1:], "all are written": list(self.tools)}
        for each in written.get(self.defect, [code]):
            self.tools[each] |= content if method == "PATCH" else self.filled_up(content, self.tools[each])
            if method == "PATCH" and self.defect == "a change empties the rest":
                self.tools[each] |= {**EMPTY, **content}
        return 200, {"ETag": self.tag(code)}, self.content(code)

    def filled_up(self, content: JSON, known: JSON) -> JSON:
        """Return what a PUT makes of a tool: what it leaves out is empty."""
        kept = {"marks": known["marks"]} if self.defect == "empty is kept" else {}
        return {**EMPTY, **kept, **content}

    def taken(self, method: str, headers: JSON, body: bytes) -> JSON:
        """Return the members of a content; what is wrong with it is refused."""
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            raise Refusal(400, "that is no JSON") from None
        if headers.get("content-type", "").partition(";")[0] != "application/json":
            raise Refusal(415, "send JSON")
        if self.style == "json:api" and not names_its_type(value):
            raise Refusal(422, "that is no tool")
        for name in {"alone": (), "wrapped": ("tool",), "json:api": ("data", "attributes")}[self.style]:
            value = value.get(name) if isinstance(value, dict) else None
        if self.defect == "what no tool has is dropped" and isinstance(value, dict):
            value = {name: member for name, member in value.items() if name in ("name", *EMPTY)}
        needed = method != "PATCH" and isinstance(value, dict) and "name" not in value
        if not isinstance(value, dict) or needed or not value.keys() <= {"name", *EMPTY}:
            raise Refusal(422, "that is no tool")
        return {name: self.checked(name, member) for name, member in value.items()}

    def checked(self, name: str, value: Any) -> Any:
        if self.defect == "numbers may be texts" and name == "weight" and isinstance(value, str) and value.isdecimal():
            value = int(value)
        if self.defect == "what is too heavy is lighter" and name == "weight" and type(value) is int:
            value = min(value, 500)
        if not CHECKS[name](value):
            raise Refusal(422, f"{name} is wrong")
        return value


def names_its_type(value: Any) -> bool:
    """Tell whether a resource object has our type (JSON:API 1.1, "Resource Objects")."""
    data = value.get("data") if isinstance(value, dict) else None
    return isinstance(data, dict) and data.get("type") == "tools"


def is_text(value: Any, most: int) -> bool:
    return isinstance(value, str) and len(value) <= most and re.search("[\x00\ud800-\udfff]", value) is None


def is_day(value: Any) -> bool:
    try:
        return value is None or (isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value)))
    except ValueError:
        return False


CHECKS: dict[str, Any] = {
    "name": lambda value: is_text(value, 80) and value != "",
    "notes": lambda value: is_text(value, 200),
    "marks": lambda value: isinstance(value, list) and all(is_text(each, 20) for each in value),
    "weight": lambda value: type(value) is int and 1 <= value <= 500,
    "bought": is_day,
    "lent": lambda value: isinstance(value, bool),
}


# What the service promises.

WRITABLE: JSON = {
    "name": {"type": "string", "minLength": 1, "maxLength": 80},
    "notes": {"type": "string", "maxLength": 200},
    "marks": {"type": "array", "items": {"type": "string", "maxLength": 20}},
    "weight": {"type": "integer", "minimum": 1, "maximum": 500},
    "bought": {"type": ["string", "null"], "format": "date"},
    "lent": {"type": "boolean"},
}
SHOWN: JSON = {
    **WRITABLE,
    "lender": {"type": "string"},
    "state": {"type": "string", "enum": ["ready", "retired"]},
    "reads": {"type": "integer"},
}


def document(style: str = "alone") -> JSON:
    """Return the document of the service in a style."""
    new: JSON = {"type": "object", "required": ["name"], "properties": WRITABLE, "additionalProperties": False}
    changes: JSON = {"type": "object", "properties": WRITABLE, "additionalProperties": False}
    tool: JSON = {"type": "object", "required": ["code", *SHOWN], "properties": {"code": {"type": "string"}, **SHOWN}}
    page = {"type": "object", "properties": {"tools": {"type": "array", "items": tool}, "total": {"type": "integer"}}}
    if style == "json:api":
        tool = members(data=members(type={"type": "string"}, id={"type": "string"}, attributes=members(**SHOWN)))
        new, changes = (members(data=members(type=TYPE, attributes=each)) for each in (new, changes))
    elif style == "wrapped":
        new, changes, tool = (members(tool=each) for each in (new, changes, tool))
    lender = {"alone": "/lender", "wrapped": "/tool/lender", "json:api": "/data/attributes/lender"}[style]
    owned = {"x-access": {"allow": ["owner", "admin"], "owner": lender, "via": "get_tool", "refusal": 403}}
    open_to_all = {"x-access": {"allow": ["user", "admin"]}}
    code = {"name": "code", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 40}}
    shown = {"200": answer(tool, ETag={"schema": {"type": "string"}}), **refusals(401, 403, 404)}
    written = {**shown, **refusals(400, 415, 422), "409": {**answer(ERROR), "description": "The tool is retired."}}
    made = answer(tool, ETag={"schema": {"type": "string"}}, Location={"required": True, "schema": {"type": "string"}})
    item = {
        "parameters": [code],
        "get": {"operationId": "get_tool", "responses": shown, **open_to_all},
        "put": {"operationId": "put_tool", "requestBody": body(new), "responses": written, **owned},
        "patch": {"operationId": "patch_tool", "requestBody": body(changes), "responses": written, **owned},
        "delete": {"operationId": "delete_tool", "responses": {"204": answer(), **refusals(401, 403, 404)}, **owned},
    }
    label = {"description": "Its name.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tools", "version": "1.0.0"},
        "security": [{"token": []}],
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "paths": {
            "/tools": {
                "get": {
                    "operationId": "list_tools",
                    "parameters": QUERY,
                    "responses": {"200": answer(page), **refusals(400, 401)},
                    **LISTS,
                },
                "post": {
                    "operationId": "make_tool",
                    "requestBody": body(new),
                    "responses": {"201": made, **refusals(400, 401, 415, 422)},
                },
            },
            "/tools/{code}": item,
            "/tools/{code}/retire": {
                "parameters": [code],
                "post": {"operationId": "retire_tool", "responses": shown, **owned},
            },
            "/tools/{code}/label": {
                "parameters": [code],
                "get": {"operationId": "get_label", "responses": {"200": label, **refusals(401, 404)}, **open_to_all},
            },
        },
    }


def members(**named: Any) -> JSON:
    return {"type": "object", "required": list(named), "properties": named}


def answer(schema: JSON | None = None, **fields: JSON) -> JSON:
    content = {"content": {"application/json": {"schema": schema}}} if schema else {}
    return {"description": "So it is.", **content, **({"headers": fields} if fields else {})}


def body(schema: JSON) -> JSON:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def refusals(*statuses: int) -> JSON:
    return {str(status): answer(ERROR) for status in statuses}


ERROR = members(error={"type": "string"})
TYPE = {"type": "string", "const": "tools"}
QUERY = [
    {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 999999, "default": 1}},
    {"name": "size", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10}},
    {"name": "q", "in": "query", "schema": {"type": "string"}},
]
LISTS = {
    "x-pagination": {
        **{"style": "page", "page": "page", "size": "size", "items": "/tools", "total": "/total", "key": "/code"},
        "filters": {"q": {"at": "/name", "is": "contains"}},
    }
}
ACCOUNTS = '[accounts]\na = "token-of-ada"\nb = "token-of-ben"\nadmin = "token-of-kim"\n'
