"""An orchard of plants whose document has no key of ours: it can be checked by guesses alone."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

JSON = dict[str, Any]
PLANT: JSON = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}
NEW_PLANT: JSON = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 60}},
}
USUAL_SIZE = 20
A_PLANT: JSON = {"$ref": "#/components/schemas/Plant"}
BEGINNING = [{"id": number, "name": f"Plant {number}"} for number in (1, 2, 3)]


def answers(status: str, schema: JSON) -> JSON:
    refused = {"422": {"description": "Unreadable."}, "404": {"description": "There is none."}}
    return {status: {"description": "Done.", "content": {"application/json": {"schema": schema}}}, **refused}


def number(name: str, place: str = "query", **schema: int) -> JSON:
    is_needed = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "schema": {"type": "integer", "minimum": 1, **schema}, **is_needed}


LIST: JSON = {
    "operationId": "list_plants",
    "parameters": [number("page"), number("per_page", maximum=50, default=USUAL_SIZE)],
    "responses": answers("200", {"type": "object"}),
}
CREATE: JSON = {
    "operationId": "create_plant",
    "requestBody": {"required": True, "content": {"application/json": {"schema": NEW_PLANT}}},
    "responses": answers("201", A_PLANT),
}
READ: JSON = {"operationId": "get_plant", "parameters": [number("id", "path")], "responses": answers("200", A_PLANT)}


@dataclass
class Orchard:
    """
    An orchard with a list in pages.

    `describes` says that the document tells what is in a page. An orchard that `repeats` begins each page with the last
    item of the one before; one that `ignores` shows the first page always.
    """

    describes: bool = True
    repeats: bool = False
    ignores: bool = False
    plants: list[JSON] = field(default_factory=lambda: list(BEGINNING))

    def write(self, folder: Path, **keys: JSON) -> Path:
        """Write its document, with keys of ours at the list where a test gives them; return the file."""
        plants = {"type": "array", "items": A_PLANT} if self.describes else {}
        responses = answers("200", {"type": "object", "properties": {"plants": plants}})
        raw: JSON = {
            "openapi": "3.1.0",
            "info": {"title": "Orchard", "version": "1.0.0"},
            "paths": {
                "/plants": {"get": {**LIST, "responses": responses, **keys}, "post": CREATE},
                "/plants/{id}": {"get": READ},
            },
            "components": {"schemas": {"Plant": PLANT}},
        }
        file = folder / "orchard.json"
        file.write_text(json.dumps(raw), encoding="utf-8")
        return file

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any], Any]:
        """Return status, header fields and content of an answer."""
        status, content = self.status_and_content(method, target, body)
        return status, {}, content

    def status_and_content(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if path == "/plants" and method == "POST":
            return self.create(body)
        if path == "/plants":
            return self.page(query)
        found = [plant for plant in self.plants if path == f"/plants/{plant['id']}"]
        return (200, found[0]) if found else (404, {"message": "there is none"})

    def create(self, body: bytes) -> tuple[int, Any]:
        try:
            name = json.loads(body)["name"]
        except (ValueError, TypeError, KeyError):
            return 422, {"message": "unreadable"}
        if not isinstance(name, str) or not 1 <= len(name) <= NEW_PLANT["properties"]["name"]["maxLength"]:
            return 422, {"message": "no name"}
        self.plants.append({"id": len(self.plants) + 1, "name": name})
        return 201, self.plants[-1]

    def page(self, query: dict[str, list[str]]) -> tuple[int, Any]:
        asked = [query.get("page", ["1"])[0], query.get("per_page", [str(USUAL_SIZE)])[0]]
        if not all(text.isdecimal() and 1 <= int(text) < 10**9 for text in asked) or int(asked[1]) > 50:
            return 422, {"message": "no such page"}
        page, size = map(int, asked)
        start = 0 if self.ignores else (page - 1) * size
        if self.repeats and size > 1:
            start = max(start - (page - 1), 0)
        return 200, {"plants": self.plants[start : start + size]}
