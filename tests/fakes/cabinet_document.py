"""The document of the cabinet: what it says of callers is what a test wants it to say."""

from collections.abc import Mapping, Sequence
from typing import Any

JSON = dict[str, Any]
TEXT = {"type": "string", "minLength": 1, "maxLength": 90}
SHEET = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "title": TEXT,
        "stamps": {"type": "integer"},
        "author": {"type": "string"},
        "editor": {"type": "string"},
    },
}
LINE = {"type": "object", "properties": {"id": {"type": "string"}, "text": TEXT}}
ACCOUNT = {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "mood": TEXT}}
PERSON = {
    "type": "object",
    "required": ["name", "word"],
    "properties": {"name": {"type": "string", "pattern": "^[a-z0-9]{3,40}$"}, "word": TEXT},
}
ROLES = {
    "join": {"role": "register", "identifier": "/name", "secret": "/word"},
    "enter": {"role": "log-in", "identifier": "/name", "secret": "/word", "access": "/token"},
    "get_me": {"role": "account"},
}
MOOD = {"type": "object", "properties": {"mood": TEXT}}
PAYMENT = {
    "type": "object",
    "required": ["from", "sum"],
    "properties": {
        "from": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        "sum": {"type": "integer", "minimum": 1},
    },
}
OPERATIONS: dict[str, tuple[str, str, JSON | None, int, JSON | None]] = {
    "list_sheets": ("get", "/sheets", None, 200, {"type": "array", "items": SHEET}),
    "make_sheet": (
        "post",
        "/sheets",
        {"type": "object", "required": ["title"], "properties": {"title": TEXT}},
        201,
        SHEET,
    ),
    "get_sheet": ("get", "/sheets/{sheet_id}", None, 200, SHEET),
    "put_sheet": (
        *("put", "/sheets/{sheet_id}"),
        {"type": "object", "required": ["title"], "properties": {"title": TEXT}},
        *(200, SHEET),
    ),
    "delete_sheet": ("delete", "/sheets/{sheet_id}", None, 204, None),
    "stamp_sheet": ("post", "/sheets/{sheet_id}/stamp", None, 200, SHEET),
    "add_line": (
        *("post", "/sheets/{sheet_id}/lines"),
        {"type": "object", "required": ["text"], "properties": {"text": TEXT}},
        *(201, LINE),
    ),
    "get_line": ("get", "/sheets/{sheet_id}/lines/{line_id}", None, 200, LINE),
    "delete_line": ("delete", "/sheets/{sheet_id}/lines/{line_id}", None, 204, None),
    "join": ("post", "/accounts", PERSON, 201, ACCOUNT),
    "enter": ("post", "/sessions", PERSON, 200, {"type": "object", "properties": {"token": {"type": "string"}}}),
    "get_account": ("get", "/accounts/{name}", None, 200, ACCOUNT),
    "patch_account": ("patch", "/accounts/{name}", MOOD, 200, ACCOUNT),
    "list_bills": ("get", "/bills", None, 200, {"type": "array", "items": {"type": "object"}}),
    "pay": ("post", "/payments", PAYMENT, 200, {"type": "object"}),
    "get_me": ("get", "/me", None, 200, ACCOUNT),
    "patch_me": ("patch", "/me", MOOD, 200, ACCOUNT),
}


def document(
    access: Mapping[str, JSON],
    statuses: Mapping[str, Sequence[int]] | None = None,
    scopes: Mapping[str, str] | None = None,
) -> JSON:
    """Return the document with `x-access`, more statuses and a scope, each by the id of its operation."""
    paths: JSON = {}
    for name, (method, path, taken, status, shown) in OPERATIONS.items():
        answers = {str(each): {"description": "no"} for each in (401, *(statuses or {}).get(name, ()))}
        content = {"content": {"application/json": {"schema": shown}}} if shown else {}
        operation: JSON = {
            "operationId": name,
            "parameters": parameters(name, path),
            "responses": {str(status): {"description": "done", **content}, **answers},
        }
        if taken is not None:
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": taken}}}
        if name in access:
            operation["x-access"] = access[name]
        if name in ROLES:
            operation["x-auth-role"] = ROLES[name]
        if name in ("join", "enter"):
            operation["security"] = []
        if name in (scopes or {}):
            operation["security"] = [{"Token": [(scopes or {})[name]]}]
        paths.setdefault(path, {})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cabinet", "version": "1"},
        "security": [{"Token": []}],
        "paths": paths,
        "components": {"securitySchemes": {"Token": {"type": "http", "scheme": "bearer"}}},
    }


def parameters(name: str, path: str) -> list[JSON]:
    named = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    found = [{"name": each, "in": "path", "required": True, "schema": {"type": "string"}} for each in named]
    if name == "list_bills":
        found.append({"name": "of", "in": "query", "required": True, "schema": {"type": "string"}})
    return found
