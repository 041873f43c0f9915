"""A service whose document a framework has written: it tells what works, and of errors the 422 alone."""

import json
import os
import re
from typing import Any

JSON = dict[str, Any]
Answer = tuple[int, Any]
TEXT = {"type": "string", "minLength": 1}
STATE = {"type": "string", "enum": ["hung", "rolled"]}
MEMBERS = {"title": TEXT, "state": {"$ref": "#/components/schemas/State", "default": "hung"}}
NEW = {"type": "object", "required": ["title"], "properties": MEMBERS}
POSTER = {"type": "object", "required": ["id", "title"], "properties": {"id": {"type": "string"}, **MEMBERS}}
READER = {"type": "object", "required": ["email"], "properties": {"email": TEXT}}
PICTURE = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def operation(
    name: str, *answers: int, body: JSON | None = None, shown: JSON | None = None, form: bool = False
) -> JSON:
    """Return an operation that documents these answers and a 422."""
    content = {} if shown is None else {"content": {"application/json": {"schema": shown}}}
    responses: JSON = {str(status): {"description": "Successful Response", **content} for status in answers}
    media_type = "multipart/form-data" if form else "application/json"
    sent = {} if body is None else {"requestBody": {"required": True, "content": {media_type: {"schema": body}}}}
    return {"operationId": name, **sent, "responses": {**responses, "422": {"description": "Validation Error"}}}


DOCUMENT: JSON = {
    "openapi": "3.1.0",
    "info": {"title": "Posters", "version": "1"},
    "paths": {
        "/posters": {
            "get": operation("list_posters", 200, shown={"type": "array", "items": POSTER}),
            "post": operation("make_poster", 201, body=NEW, shown=POSTER),
        },
        "/posters/{id}": {
            "parameters": [ID],
            "get": operation("get_poster", 200, shown=POSTER),
            "put": operation("put_poster", 200, 201, body=NEW, shown=POSTER),
            "delete": operation("delete_poster", 204),
        },
        "/readers": {"post": operation("add_reader", 201, body=READER, shown=READER)},
        "/pictures": {"post": operation("upload", 201, body=PICTURE, shown={"type": "object"}, form=True)},
        "/prints": {"post": operation("print_title", 200, 201, body=READER, shown=READER)},
        "/orders": {"post": operation("order", 201, body=READER, shown={"type": "object"})},
    },
    "components": {"schemas": {"State": STATE}},
}
NOT_FOUND: Answer = (404, {"detail": "Not Found"})
UNREADABLE: Answer = (422, {"detail": "wrong"})


class Posters:
    """The whole service in one ASGI application, with the defect `keeps` or `no-route`, or none."""

    def __init__(self, defect: str) -> None:
        self.defect = defect
        self.posters: dict[str, JSON] = {}
        self.made = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status, answer = self.answer(scope["method"], scope["path"], body)
        content = b"" if answer is None else json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json")] if content else []
        if status == 405:
            headers.append((b"allow", ", ".join(methods_of(scope["path"])).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        allowed = methods_of(path)
        if method not in allowed:
            return (405, {"detail": "Method Not Allowed"}) if allowed else NOT_FOUND
        if path == "/orders":
            return 401, {"detail": "Not authenticated"}
        if path == "/pictures":
            return (201, {"size": len(body)}) if b'name="file"' in body else UNREADABLE
        if path in ("/readers", "/prints"):
            reader = content_of(body, "email")
            made = 201 if path == "/readers" else 200
            return UNREADABLE if reader is None else (made, {"email": reader["email"]})
        if path == "/posters":
            self.made += 1
            return (200, list(self.posters.values())) if method == "GET" else self.put(f"p{self.made}", body)
        return self.answer_about(path.rpartition("/")[2], method, body)

    def answer_about(self, key: str, method: str, body: bytes) -> Answer:
        if method == "PUT":
            return self.put(key, body)
        if key not in self.posters or (method == "GET" and self.defect == "no-route"):
            return NOT_FOUND
        if method == "GET":
            return 200, self.posters[key]
        if self.defect != "keeps":
            del self.posters[key]
        return 204, None

    def put(self, key: str, body: bytes) -> Answer:
        poster = content_of(body, "title")
        if poster is None or poster.get("state", "hung") not in STATE["enum"]:
            return UNREADABLE
        status = 200 if key in self.posters else 201
        self.posters[key] = {"id": key, "title": poster["title"], "state": poster.get("state", "hung")}
        return status, self.posters[key]


def methods_of(path: str) -> list[str]:
    """Return the methods of a path; none where nothing is there."""
    template = "/posters/{id}" if re.fullmatch("/posters/[^/]+", path) else path
    return [name.upper() for name in DOCUMENT["paths"].get(template, {}) if name != "parameters"]


def content_of(body: bytes, name: str) -> JSON | None:
    """Return the object that content is; None where it is none, or where this member of it is no text."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    is_right = isinstance(content, dict) and isinstance(content.get(name), str) and content[name]
    return content if is_right else None


def create_app() -> Posters:
    return Posters(os.environ.get("POSTERS_DEFECT", ""))
