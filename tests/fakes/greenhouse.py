"""A greenhouse whose answers show what its document does not say: credentials, limits, ETags, problems, a cache."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

JSON = dict[str, Any]
Answer = tuple[int, dict[str, Any], Any]
TOKEN = "made-up-token-of-a-gardener"
ORIGIN = "https://pages.example.com"
POT: JSON = {
    "type": "object",
    "required": ["id", "label"],
    "properties": {"id": {"type": "integer"}, "label": {"type": "string"}},
}
NEW_POT: JSON = {"type": "object", "required": ["label"], "properties": {"label": {"type": "string", "minLength": 1}}}
PAIR: JSON = {
    "type": "object",
    "required": ["username", "password"],
    "properties": {"username": {"type": "string", "minLength": 3}, "password": {"type": "string", "minLength": 8}},
}
TICKET: JSON = {"type": "object", "properties": {"access_token": {"type": "string"}}}
ID: JSON = {"name": "pot_id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}


def operation(name: str, status: str, shown: JSON | None, taken: JSON | None = None, *parameters: JSON) -> JSON:
    """Return an operation that documents its success alone, as many generated documents do."""
    content = {"content": {"application/json": {"schema": shown}}} if shown else {}
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": taken}}}} if taken else {}
    answers = {"responses": {status: {"description": "Done.", **content}}}
    return {"operationId": name, "parameters": [*parameters], **answers, **body}


DOCUMENT: JSON = {
    "openapi": "3.1.0",
    "info": {"title": "Greenhouse", "version": "1"},
    "paths": {
        "/login": {"post": operation("log_in", "200", TICKET, PAIR)},
        "/pots": {
            "get": operation("list_pots", "200", {"type": "array", "items": POT}),
            "post": operation("add_pot", "201", POT, NEW_POT),
        },
        "/pots/{pot_id}": {
            "get": operation("get_pot", "200", POT, None, ID),
            "put": operation("replace_pot", "200", POT, NEW_POT, ID),
            "delete": operation("remove_pot", "204", None, None, ID),
        },
        "/shed": {"get": operation("show_shed", "200", {"type": "object"})},
        "/ledger": {"get": operation("show_ledger", "200", {"type": "object"})},
        "/clear": {"get": operation("clear_all", "200", {"type": "object"})},
        "/admin/audit": {"post": operation("audit", "204", None)},
        "/healthz": {"get": operation("is_well", "200", {"type": "object"})},
    },
}


@dataclass
class Greenhouse:
    """
    A greenhouse that writes down each request as `METHOD path`.

    Pots are shown to everybody and changed by who has the token; the ledger is for admins, of whom there are none. One
    that `is_open` asks nobody for anything, and one that `is_plain` answers without a field or a form of any standard. One that `is_careless`
    changes a pot for any If-Match. `methods` are those that its preflights allow, at every path. `delays` are the seconds
    that it thinks about a path.
    """

    is_open: bool = False
    is_plain: bool = False
    is_careless: bool = False
    methods: str = "GET, POST"
    delays: dict[str, float] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    pots: list[JSON] = field(default_factory=lambda: [{"id": 1, "label": "basil"}])

    def write(self, folder: Path, **root: Any) -> Path:
        """Write its document into a folder, with more members at its root."""
        file = folder / "greenhouse.json"
        file.write_text(json.dumps({**DOCUMENT, **root}), encoding="utf-8")
        return file

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        path = urlsplit(target).path
        self.asked.append(f"{method} {path}")
        time.sleep(self.delays.get(path, 0))
        status, fields, content = self.answer_to(method, path, headers, body)
        if self.is_plain:
            return status, {}, {"error": "no"} if status >= 400 else content
        usual = {"RateLimit-Policy": '"visits";q=1000;w=60'}
        form = {"Content-Type": "application/problem+json"} if status >= 400 else {}
        return status, {**usual, **form, **fields}, content

    def answer_to(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if method == "OPTIONS":
            allowed = {"Access-Control-Allow-Origin": ORIGIN, "Access-Control-Allow-Methods": self.methods}
            return 204, allowed if headers.get("origin") == ORIGIN else {}, None
        if path == "/login":
            return (200, {}, {"access_token": TOKEN}) if body else problem(400)
        shown = headers.get("authorization", "").removeprefix("Bearer ")
        is_private = method != "GET" or path in ("/ledger", "/shed")
        if (is_private or shown) and shown != TOKEN and not self.is_open:
            return problem(401, {"WWW-Authenticate": 'Bearer realm="pots"'})
        if path == "/ledger" and not self.is_open:
            return problem(403)
        return self.pot_answer(method, path, headers, body)

    def pot_answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path in ("/healthz", "/shed"):
            return 200, {}, {"status": "pass"}
        if path == "/pots":
            kept = {"Cache-Status": "greenhouse; hit", "ETag": '"all"'}
            return (200, kept, self.pots) if method == "GET" else self.added(json.loads(body))
        found = next((pot for pot in self.pots if path == f"/pots/{pot['id']}"), None)
        if found is None:
            return problem(404)
        if method == "GET":
            return 200, {"ETag": tag_of(found)}, found
        wanted = headers.get("if-match", tag_of(found))
        if wanted != tag_of(found) and not self.is_careless:
            return problem(412)
        found |= json.loads(body) if body else {}
        return 200, {"ETag": tag_of(found)}, found

    def added(self, sent: JSON) -> Answer:
        self.pots.append({"id": len(self.pots) + 1, **sent})
        return 201, {}, self.pots[-1]


def tag_of(pot: JSON) -> str:
    """Return the ETag of a pot, which has its whole content."""
    return f'"{json.dumps(pot, sort_keys=True).encode().hex()}"'


def problem(status: int, fields: JSON | None = None) -> Answer:
    return status, fields or {}, {"title": "No", "status": status}
