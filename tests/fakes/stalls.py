"""A market whose stalls are listed for their owners alone, with a cache, HEAD and ranges, each in several honest styles."""

import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

JSON = dict[str, Any]
Answer = tuple[int, dict[str, Any], Any]
TOKENS = {"Bearer token-of-ann": "ann", "Bearer token-of-bob": "bob"}
USUAL_SIZE, LARGEST = 20, 50

STALL: JSON = {
    "type": "object",
    "required": ["id", "goods"],
    "properties": {"id": {"type": "integer"}, "goods": {"type": "string"}},
}
NEW: JSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["goods"],
    "properties": {"goods": {"type": "string", "minLength": 1, "maxLength": 60}},
}
BODY: JSON = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}, "example": {"goods": "Pears"}}},
}
A_STALL: JSON = {"$ref": "#/components/schemas/Stall"}
NUMBER: JSON = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
KNOWN: JSON = {"description": "Known."}
BUSY: JSON = {"description": "Another write is going on."}
REFUSALS: JSON = {str(status): {"description": "Refused."} for status in (400, 401, 404, 415, 422)}
FOR_OWNERS: JSON = {"allow": ["owner"], "refusal": 404}


def shown(status: str, schema: JSON, **more: JSON) -> JSON:
    tag = {"ETag": {"required": True, "schema": {"type": "string"}}}
    found = {"description": "Done.", "headers": tag, "content": {"application/json": {"schema": schema}}}
    return {status: found, **REFUSALS, **more}


def page_parameter(name: str, most: int) -> JSON:
    return {"name": name, "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": most}}


def operation(name: str, responses: JSON, **more: Any) -> JSON:
    return {"operationId": name, "responses": responses, **more}


DOCUMENT: JSON = {
    "openapi": "3.1.0",
    "info": {"title": "Stalls", "version": "1.0.0"},
    "security": [{"token": []}],
    "paths": {
        "/stalls": {
            "get": operation(
                "list_stalls",
                shown("200", {"type": "array", "items": A_STALL}, **{"304": KNOWN}),
                parameters=[page_parameter("page", 10**6), page_parameter("size", LARGEST)],
                **{
                    "x-access": {"allow": ["user"]},
                    "x-pagination": {"style": "page", "page": "page", "size": "size", "items": ""},
                },
            ),
            "post": operation(
                "open_stall", shown("201", A_STALL), requestBody=BODY, **{"x-access": {"allow": ["user"]}}
            ),
        },
        "/stalls/{id}": {
            "parameters": [NUMBER],
            "get": operation("get_stall", shown("200", A_STALL, **{"304": KNOWN}), **{"x-access": FOR_OWNERS}),
            "put": operation(
                "put_stall", shown("200", A_STALL, **{"503": BUSY}), requestBody=BODY, **{"x-access": FOR_OWNERS}
            ),
            "delete": operation(
                "close_stall", {"204": {"description": "Gone."}, **REFUSALS}, **{"x-access": FOR_OWNERS}
            ),
        },
    },
    "components": {
        "schemas": {"Stall": STALL, "New": NEW},
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    },
}


@dataclass
class Stalls:
    """
    The market; `style` is how it is honest, and `defect` what it does wrong.

    Styles are `public` (all see all), `weak` (ETags), `no HEAD`, `ranges`, `strict Accept`, `caches` (by whole requests) and
    `one at a time` (a write beside another is told to come back).
    """

    style: str = ""
    defect: str = ""
    stalls: dict[int, JSON] = field(default_factory=dict)
    last: int = 0
    kept: dict[Any, Answer] = field(default_factory=dict)
    busy: int = 0

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """Answer from what is kept, where a defect or a style keeps answers, until something is written."""
        key = self.key_of(method, target, headers)
        if method in ("GET", "HEAD") and key in self.kept:
            return self.kept[key]
        found = self.answer_anew(method, target, headers, body)
        status, fields = found[:2]
        if method not in ("GET", "HEAD") and status < 300:
            self.kept.clear()
        elif key is not None:
            is_empty = self.defect == "HEAD is kept" and method == "HEAD"
            self.kept[key] = (status, fields, None) if is_empty else found
        return found

    def key_of(self, method: str, target: str, headers: dict[str, str]) -> Any:
        """Return what an answer is kept under; None where it is not kept."""
        if method not in ("GET", "HEAD"):
            return None
        is_list = urlsplit(target).path == "/stalls"
        caller = headers.get("authorization")
        special = tuple(headers.get(name) for name in ("if-none-match", "range", "accept"))
        if self.defect == "one list for all" and is_list and caller in TOKENS:
            return (target, *special)
        if self.defect == "a part is kept":
            return target, caller, method, headers.get("if-none-match")
        if self.defect == "HEAD is kept":
            return (target, caller, *special)
        return (method, target, caller, *special) if self.style == "caches" else None

    def answer_anew(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        if method == "HEAD" and (self.style == "no HEAD" or self.defect == "HEAD is refused"):
            return 405, {"Allow": "GET"}, {"error": "no"}
        caller = TOKENS.get(headers.get("authorization", ""), "")
        if not caller and not (self.defect == "HEAD asks for no token" and method == "HEAD"):
            return 401, {"WWW-Authenticate": "Bearer"}, {"error": "no"}
        if self.defect == "odd cookies crash" and headers.get("cookie", "").startswith("="):
            return 500, {}, {"error": "crash"}
        split = urlsplit(target)
        number = split.path.removeprefix("/stalls").removeprefix("/")
        reads = method in ("GET", "HEAD")
        if not number:
            return self.read(self.page(caller, split.query), headers) if reads else self.open(caller, headers, body)
        stall = self.stalls.get(int(number)) if number.isdecimal() and len(number) < 19 else None
        if stall is None or (stall["owner"] != caller and caller):
            return 404, {}, {"error": "no"}
        return self.read(without_owner(stall), headers) if reads else self.write(method, stall, headers, body)

    def page(self, caller: str, query: str) -> Any:
        """Return a page of a caller's stalls; None where there is no such page."""
        asked = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
        texts = asked.get("page", "1"), asked.get("size", str(USUAL_SIZE))
        if not all(text.isdecimal() and 0 < int(text) <= 10**6 for text in texts) or int(texts[1]) > LARGEST:
            return None
        number, size = map(int, texts)
        seen = [each for each in self.stalls.values() if self.style == "public" or each["owner"] == caller]
        newest = sorted(seen, key=lambda each: -each["id"])
        return [without_owner(each) for each in newest[(number - 1) * size : number * size]]

    def read(self, content: Any, headers: dict[str, str]) -> Answer:
        if content is None:
            return 422, {}, {"error": "no such page"}
        tag = self.tag(content)
        known = [each.strip().removeprefix("W/") for each in headers.get("if-none-match", "").split(",")]
        if "*" in known or tag.removeprefix("W/") in known:
            return 304, {"ETag": tag}, None
        if self.style == "strict Accept" and not any(each in headers.get("accept", "*/*") for each in ("json", "*/*")):
            return 406, {}, {"error": "JSON alone"}
        has_parts = self.style == "ranges" or self.defect == "a part is kept"
        if has_parts and headers.get("range") == "bytes=0-0":
            return 206, {"ETag": tag, "Content-Range": "bytes 0-0/9", "Content-Type": "application/json"}, 0
        return 200, {"ETag": tag}, content

    def tag(self, content: Any) -> str:
        text = json.dumps(content)
        if self.defect == "tags of the newest" and isinstance(content, list):
            text = str(self.last)
        tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
        return f"W/{tag}" if self.style == "weak" else tag

    def open(self, caller: str, headers: dict[str, str], body: bytes) -> Answer:
        refused = self.refusal(headers, body)
        if refused:
            return refused, {}, {"error": "no"}
        self.last += 1
        stall = {"id": self.last, "goods": json.loads(body)["goods"], "owner": caller}
        self.stalls[self.last] = stall
        seen = without_owner(stall)
        return 201, {"ETag": self.tag(seen), "Location": f"/stalls/{self.last}"}, seen

    def write(self, method: str, stall: JSON, headers: dict[str, str], body: bytes) -> Answer:
        if method == "DELETE":
            self.stalls.pop(stall["id"], None)
            return 204, {}, None
        if method != "PUT":
            return 405, {"Allow": "GET, PUT, DELETE"}, {"error": "no"}
        refused = self.refusal(headers, body)
        if refused:
            return refused, {}, {"error": "no"}
        goods = json.loads(body)["goods"]
        if self.defect == "writes at once crash" and self.busy:
            return 500, {}, {"error": "crash"}
        if self.busy and "one at a time" in (self.style, self.defect):
            return 503, {"Retry-After": "1"} if self.style else {}, {"error": "busy"}
        self.busy += 1
        time.sleep(0.02 if self.defect or self.style == "one at a time" else 0)
        stall["goods"] = goods
        self.busy -= 1
        return 200, {"ETag": self.tag(without_owner(stall))}, without_owner(stall)

    def refusal(self, headers: dict[str, str], body: bytes) -> int:
        """Return the status that refuses content; 0 where it is taken."""
        media_type, _, parameters = headers.get("content-type", "").partition(";")
        if media_type != "application/json" or (parameters and self.defect == "a charset is refused"):
            return 415
        try:
            content = json.loads(body.decode())
            goods = content.get("goods") if isinstance(content, dict) else None
            is_taken = isinstance(goods, str) and 1 <= len(goods) <= 60 and set(content) == {"goods"}
            json.dumps(content, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return 400
        return 0 if is_taken else 422


def without_owner(stall: JSON) -> JSON:
    return {name: value for name, value in stall.items() if name != "owner"}
