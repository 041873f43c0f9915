"""A small server behind shelf.yaml; it keeps its promises unless told which one to break."""

import itertools
import json
import re
import secrets
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft4Validator

from bookplate.fixtures.formats import is_isbn
from tests.fakes.server import Server

DOCUMENT = Path(__file__).with_name("shelf.yaml")
RAW = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
TAG = r'(W/)?"[!#-~\x80-\xff]*"'


class Refusal(Exception):
    pass


@dataclass
class Shelf:
    """The state of one server; `broken` names the promise it breaks, `used` each token per operation."""

    broken: str = ""
    people: dict[str, str] = field(default_factory=dict)
    shelves: dict[int, dict[str, Any]] = field(default_factory=dict)
    used: list[tuple[str, str]] = field(default_factory=list)
    ids: Any = field(default_factory=lambda: itertools.count(1))

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], Any]:
        if self.broken == "nothing is there":
            raise Refusal(404)
        found = next((t for t in RAW["paths"] if re.fullmatch(re.sub(r"\{.*\}", "[1-9][0-9]*", "/v1" + t), path)), None)
        if found is None:
            raise Refusal(404)
        item = RAW["paths"][found]
        if method.lower() not in item:
            return 405, {"Allow": ", ".join(sorted(item)).upper()}, {"status": 405}
        operation = item[method.lower()]
        caller = self.caller(operation, headers)
        content = self.content(operation, headers, body)
        number = int(path.rpartition("/")[2]) if "{" in found else 0
        result: tuple[int, dict[str, str], Any] = getattr(self, operation["operationId"])(
            caller, content, number, headers
        )
        return result

    def caller(self, operation: dict[str, Any], headers: Any) -> str:
        token = str(headers.get("Authorization", "")).removeprefix("Bearer ")
        self.used.append((operation["operationId"], token))
        if operation.get("security") == []:
            return ""
        if token not in self.people and self.broken != "anybody may":
            raise Refusal(401)
        return token

    def content(self, operation: dict[str, Any], headers: Any, body: bytes) -> dict[str, Any]:
        if "requestBody" not in operation:
            return {}
        if body and headers.get("Content-Type", "").partition(";")[0] != "application/json":
            raise Refusal(415)
        try:
            content = json.loads(body)
        except ValueError:
            raise Refusal(400) from None
        name = "Person" if operation["operationId"] == "sign_up" else "ShelfInput"
        if not Draft4Validator(RAW["components"]["schemas"][name]).is_valid(content):
            raise Refusal(422)
        if not is_isbn(content.get("isbn", "0441172717")):
            raise Refusal(422)
        return dict(content)

    def sign_up(self, caller: str, content: dict[str, Any], number: int, headers: Any) -> Any:
        if content["username"].lower() in self.people.values():
            raise Refusal(409)
        token = secrets.token_hex(16)
        self.people[token] = content["username"].lower()
        return 201, {}, {"token": token}

    def close_account(self, caller: str, content: dict[str, Any], number: int, headers: Any) -> Any:
        self.people.pop(caller, None)
        return 204, {}, None

    def create_shelf(self, caller: str, content: dict[str, Any], number: int, headers: Any) -> Any:
        if self.broken == "some labels crash" and "A" in content["label"]:
            raise Refusal(500)
        shelf = {"id": next(self.ids), **content}
        self.shelves[shelf["id"]] = shelf
        return 201, {"ETag": tag(shelf)}, shelf

    def replace_shelf(self, caller: str, content: dict[str, Any], number: int, headers: Any) -> Any:
        if number > 999999:
            raise Refusal(400)
        if number not in self.shelves:
            raise Refusal(404)
        if headers.get("If-Match") is None:
            raise Refusal(428)
        if not re.fullmatch(rf"\s*(\*|{TAG}(\s*,\s*{TAG})*)\s*", headers["If-Match"]):
            raise Refusal(400)
        if headers["If-Match"] != tag(self.shelves[number]):
            raise Refusal(412)
        self.shelves[number] = {"id": number, **content}
        return 200, {}, self.shelves[number]

    def get_health(self, caller: str, content: dict[str, Any], number: int, headers: Any) -> Any:
        return 200, {}, {}


def tag(shelf: dict[str, Any]) -> str:
    return f'"{sum(map(ord, json.dumps(shelf)))}"'


class Handler(BaseHTTPRequestHandler):
    shelf: Shelf
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and content in one packet, or each answer waits for an acknowledgement

    def handle_one(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, headers, result = self.shelf.answer(self.command, self.path.partition("?")[0], self.headers, body)
        except Refusal as refusal:
            status, headers, result = int(refusal.args[0]), {}, {"status": int(refusal.args[0])}
        media = "application/json" if status < 400 else "application/problem+json"
        content = b"" if result is None else json.dumps(result).encode()
        self.send_response(status)
        for name, value in {**headers, **({"Content-Type": media} if content else {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_QUERY = handle_one

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def serve(shelf: Shelf) -> Server:
    """Return a server on a free port of the loopback; the caller runs it and closes it."""
    handler = type("ShelfHandler", (Handler,), {"shelf": shelf})
    return Server(("127.0.0.1", 0), handler)
