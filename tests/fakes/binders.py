"""
Sheets in binders: answers that leave long content out, seals that only a DELETE reaches, and a press that is missing.

A sheet may get another name, and is not found by its old one then.
"""

import json
from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]
Answer = tuple[int, JSON, Any]
TEXT: JSON = {"type": "string"}
NAME: JSON = {"name": "name", "in": "path", "required": True, "schema": TEXT}
SEAL: JSON = {"name": "seal", "in": "path", "required": True, "schema": TEXT}
SHEET: JSON = {
    "type": "object",
    "properties": {"name": TEXT, "text": {**TEXT, "nullable": True}, "kind": {**TEXT, "nullable": True}},
}
WRITTEN: JSON = {"type": "object", "properties": {name: SHEET["properties"][name] for name in ("text", "kind")}}
MOVED: JSON = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
MADE_SEAL: JSON = {"type": "object", "properties": {"id": TEXT}}


def operation(name: str, responses: dict[int, JSON], body: JSON | None = None) -> JSON:
    content = {} if body is None else {"requestBody": {"content": {"application/json": {"schema": body}}}}
    return {"operationId": name, **content, "responses": {str(status): each for status, each in responses.items()}}


def shown(schema: JSON, media_type: str = "application/json") -> JSON:
    return {"description": "Done.", "content": {media_type: {"schema": schema}}}


NOTHING: JSON = {"description": "Nothing."}
DOCUMENT: JSON = {
    "openapi": "3.0.3",
    "info": {"title": "Binders", "version": "1"},
    "paths": {
        "/sheets/{name}": {
            "parameters": [NAME],
            "get": operation("get_sheet", {200: shown(SHEET), 404: NOTHING}),
            "put": operation("put_sheet", {200: shown(SHEET), 201: shown(SHEET), 400: NOTHING}, body=WRITTEN),
            "patch": operation("move_sheet", {200: shown(SHEET), 400: NOTHING, 404: NOTHING, 409: NOTHING}, body=MOVED),
            "delete": operation("delete_sheet", {204: NOTHING, 404: NOTHING}),
        },
        "/sheets/{name}/seals": {
            "parameters": [NAME],
            "post": operation("add_seal", {201: shown(MADE_SEAL), 404: NOTHING}),
        },
        "/sheets/{name}/seals/{seal}": {
            "parameters": [NAME, SEAL],
            "delete": operation("delete_seal", {204: NOTHING, 404: NOTHING}),
        },
        "/prints": {
            "post": operation(
                "print", {201: shown(SHEET), 400: NOTHING, 501: {"description": "There is no press."}}, SHEET
            )
        },
        "/card": {"get": operation("get_card", {200: shown({**TEXT, "format": "binary"}, "text/x-yaml")})},
    },
}


@dataclass
class Binders:
    """
    Sheets by name, each with the numbers of its seals.

    Where it `forgets`, the text of a sheet is lost.
    """

    forgets: bool = False
    sheets: dict[str, JSON] = field(default_factory=dict)
    seals: dict[str, list[str]] = field(default_factory=dict)
    made: int = 0

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        path = target.partition("?")[0].strip("/").split("/")
        match (method.replace("HEAD", "GET"), *path):
            case ("GET", "card"):
                return 200, {"Content-Type": "text/x-yaml"}, {"title": "a card"}
            case ("POST", "prints"):
                return self.print(object_in(body))
            case ("PUT", "sheets", name):
                return self.put(name, object_in(body))
            case (("GET" | "PATCH" | "DELETE") as word, "sheets", name) if name in self.sheets:
                return self.answer_about_a_sheet(word, name, body)
            case (("POST" | "DELETE"), "sheets", name, "seals", *seals) if name in self.sheets:
                return self.answer_about_seals(method, name, seals) or self.refusal(method, path)
        return self.refusal(method, path)

    def answer_about_a_sheet(self, method: str, name: str, body: bytes) -> Answer:
        if method == "PATCH":
            return self.move(name, object_in(body))
        return self.get(name) if method == "GET" else self.delete(name)

    def answer_about_seals(self, method: str, name: str, seals: list[str]) -> Answer | None:
        if method == "POST" and not seals:
            self.made += 1
            self.seals[name].append(str(self.made))
            return 201, {"Location": f"/sheets/{name}/seals/{self.made}"}, {"id": str(self.made)}
        if method == "DELETE" and len(seals) == 1 and seals[0] in self.seals[name]:
            self.seals[name].remove(seals[0])
            return 204, {}, None
        return None

    def print(self, content: JSON | None) -> Answer:
        return (400, {}, None) if content is None else (501, {}, {"message": "there is no press"})

    def refusal(self, method: str, path: list[str]) -> Answer:
        methods = METHODS.get(tuple("*" if number in (1, 3) else each for number, each in enumerate(path)), ())
        if methods and method not in methods:
            return 405, {"Allow": ", ".join(methods)}, None
        return 404, {}, None

    def put(self, name: str, content: JSON | None) -> Answer:
        if content is None or not all(isinstance(content.get(each), str | None) for each in ("text", "kind")):
            return 400, {}, None
        status = 200 if name in self.sheets else 201
        self.sheets[name] = {"text": None if self.forgets else content.get("text"), "kind": content.get("kind")}
        self.seals.setdefault(name, [])
        return status, {"Location": f"/sheets/{name}"}, {"name": name, "text": None, "kind": None}

    def move(self, name: str, content: JSON | None) -> Answer:
        to = content.get("name") if content is not None else None
        if not isinstance(to, str) or not to.isprintable() or not to or "/" in to:
            return 400, {}, None
        if to != name and to in self.sheets:
            return 409, {}, None
        self.sheets[to] = self.sheets.pop(name)
        self.seals[to] = self.seals.pop(name)
        return 200, {}, {"name": to, "text": None, "kind": None}

    def get(self, name: str) -> Answer:
        return 200, {}, {"name": name, **self.sheets[name]}

    def delete(self, name: str) -> Answer:
        del self.sheets[name]
        self.seals.pop(name)
        return 204, {}, None


METHODS = {
    ("card",): ("GET", "HEAD"),
    ("prints",): ("POST",),
    ("sheets", "*"): ("GET", "HEAD", "PUT", "PATCH", "DELETE"),
    ("sheets", "*", "seals"): ("POST",),
    ("sheets", "*", "seals", "*"): ("DELETE",),
}


def object_in(body: bytes) -> JSON | None:
    """Return the object that content is; an empty one where there is none, None where it is another thing."""
    try:
        content = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
