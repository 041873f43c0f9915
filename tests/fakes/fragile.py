"""A service on which a careless client loses its users and its data: people, what they own, and some traps."""

import json
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JSON = dict[str, Any]
Answer = tuple[int, Any]
TEXT: JSON = {"type": "string", "minLength": 1, "maxLength": 60}
THING: JSON = {
    "type": "object",
    "required": ["id", "label"],
    "properties": {"id": {"type": "integer"}, "label": TEXT},
}
NEW_THING: JSON = {"type": "object", "required": ["label"], "properties": {"label": TEXT}}
COLOUR: JSON = {"type": "object", "required": ["colour"], "properties": {"colour": TEXT}}
PERSON: JSON = {
    "type": "object",
    "required": ["name", "secret"],
    "properties": {"name": TEXT, "secret": {"type": "string", "minLength": 8}},
}
REFUSED: JSON = {"description": "Refused.", "content": {"application/json": {"schema": {"type": "object"}}}}
ID: JSON = {"name": "thing_id", "in": "path", "required": True, "schema": {"type": "integer"}}
REGISTER: JSON = {"x-auth-role": {"role": "register", "identifier": "/name", "secret": "/secret"}}
LOG_IN: JSON = {"x-auth-role": {"role": "log-in", "identifier": "/name", "secret": "/secret", "access": "/token"}}


def operation(name: str, answer: JSON | None, *, status: int = 200, body: JSON | None = None, **more: Any) -> JSON:
    """Return an operation of a document; one that has no `security` of its own asks for a token."""
    shown = {"content": {"application/json": {"schema": answer}}} if answer else {}
    sent = {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}} if body else {}
    responses = {str(status): {"description": "Done.", **shown}, "4XX": REFUSED}
    return {"operationId": name, **sent, "responses": responses, **more}


PATHS: JSON = {
    "/people": {"post": operation("sign_up", {"type": "object"}, status=201, body=PERSON, security=[], **REGISTER)},
    "/login": {"post": operation("log_in", {"type": "object"}, body=PERSON, security=[], **LOG_IN)},
    "/things": {
        "get": operation("list_things", {"type": "array", "items": THING}),
        "post": operation("create_thing", THING, status=201, body=NEW_THING),
    },
    "/things/{thing_id}": {
        "parameters": [ID],
        "get": operation("get_thing", THING),
        "put": operation("replace_thing", THING, body=NEW_THING),
        "delete": operation("delete_thing", None, status=204),
    },
}
# What may be added: each does more than a careless client thinks.
TRAPS: JSON = {
    "/preferences": {"put": operation("set_colour", COLOUR, body=COLOUR)},
    "/logout": {"get": operation("leave", {"type": "object"})},
    "/maintenance": {"get": operation("maintain", {"type": "object"})},
    "/reset": {"post": operation("reset", {"type": "object"}, security=[])},
}


@dataclass
class Fragile:
    """
    People and their things at `url`, with some of the traps.

    `known` are people with the token of each, who need not sign up. With `signs_up` false nobody else can. After as many
    requests as `lasts` every request is answered 401. `sent` has method and path of each request.
    """

    traps: tuple[str, ...] = ()
    known: Mapping[str, str] = field(default_factory=dict)
    signs_up: bool = True
    lasts: int | None = None
    people: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    things: dict[int, JSON] = field(default_factory=dict)
    owners: dict[int, str] = field(default_factory=dict)
    made: int = 0
    sent: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        self.tokens |= {token: name for name, token in self.known.items()}

    @property
    def document(self) -> JSON:
        """The OpenAPI document of it."""
        shown = {path: item for path, item in PATHS.items() if self.signs_up or path not in ("/people", "/login")}
        return {
            "openapi": "3.1.0",
            "info": {"title": "Things", "version": "1.0.0"},
            "security": [{"token": []}],
            "paths": {**{path: TRAPS[path] for path in self.traps}, **shown},
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        }

    def count(self, method: str, path: str) -> int:
        return self.sent.count((method, path))

    def answer(self, method: str, path: str, token: str, body: bytes) -> Answer:
        """Return status and content of an answer."""
        self.sent.append((method, path))
        if self.lasts is not None and len(self.sent) > self.lasts:
            return 401, {"detail": "nobody is let in"}
        content = members(body)
        if path in ("/people", "/login") and self.signs_up and method == "POST":
            return self.sign_up(content) if path == "/people" else self.log_in(content)
        if path == "/reset" and path in self.traps and method == "POST":
            return self.reset()
        caller = self.tokens.get(token)
        if caller is None:
            return 401, {"detail": "who are you?"}
        return self.answer_to(caller, method, path, token, content)

    def answer_to(self, caller: str, method: str, path: str, token: str, content: JSON | None) -> Answer:
        if path in self.traps:
            return self.trap(method, path, token, content)
        if path == "/things" and method in ("GET", "POST"):
            return (200, list(self.things.values())) if method == "GET" else self.create(caller, content)
        found = re.fullmatch(r"/things/([0-9]{1,9})", path)
        number = int(found[1]) if found else 0
        if number not in self.things:
            return 404, {"detail": "there is nothing"}
        if method in ("PUT", "DELETE") and self.owners[number] != caller:
            return 403, {"detail": "it belongs to somebody else"}
        return self.of_thing(method, number, content)

    def of_thing(self, method: str, number: int, content: JSON | None) -> Answer:
        if method == "GET":
            return 200, self.things[number]
        if method == "PUT":
            return self.replace(number, content)
        return self.delete(number) if method == "DELETE" else (405, {"detail": "wrong method"})

    def trap(self, method: str, path: str, token: str, content: JSON | None) -> Answer:
        if path == "/preferences" and method == "PUT":
            if not is_text((content or {}).get("colour")):
                return 422, {"detail": "no colour"}
            del self.tokens[token]
            return 200, content
        if path == "/logout" and method == "GET":
            del self.tokens[token]
            return 200, {}
        if path == "/maintenance" and method == "GET":
            self.things.clear()
            return 200, {}
        return 405, {"detail": "wrong method"}

    def reset(self) -> Answer:
        self.tokens.clear()
        return 200, {}

    def sign_up(self, content: JSON | None) -> Answer:
        name, secret = (content or {}).get("name"), (content or {}).get("secret")
        if not (is_text(name) and isinstance(secret, str) and len(secret) >= 8):
            return 422, {"detail": "a name and a secret"}
        if name in self.people:
            return 409, {"detail": "taken"}
        self.people[str(name)] = secret
        return 201, {"name": name}

    def log_in(self, content: JSON | None) -> Answer:
        name, secret = (content or {}).get("name"), (content or {}).get("secret")
        if not (isinstance(name, str) and isinstance(secret, str)):
            return 422, {"detail": "a name and a secret"}
        if self.people.get(name) != secret:
            return 401, {"detail": "wrong"}
        token = secrets.token_hex(12)
        self.tokens[token] = name
        return 200, {"token": token}

    def create(self, caller: str, content: JSON | None) -> Answer:
        if not is_text((content or {}).get("label")):
            return 422, {"detail": "no label"}
        self.made += 1
        self.things[self.made] = {"id": self.made, "label": (content or {})["label"]}
        self.owners[self.made] = caller
        return 201, self.things[self.made]

    def replace(self, number: int, content: JSON | None) -> Answer:
        if not is_text((content or {}).get("label")):
            return 422, {"detail": "no label"}
        self.things[number]["label"] = (content or {})["label"]
        return 200, self.things[number]

    def delete(self, number: int) -> Answer:
        del self.things[number]
        return 204, None


def is_text(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 60


def members(body: bytes) -> JSON | None:
    """Return the object that content is; None where it is none."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


@contextmanager
def served(service: Fragile) -> Iterator[Fragile]:
    """Serve until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and content in one packet, or each answer waits for an acknowledgement

        def reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            method = self.command.replace("HEAD", "GET")
            status, content = service.answer(method, self.path.partition("?")[0], token, body)
            encoded = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            if status == 401:
                error = ', error="invalid_token"' if token else ""
                self.send_header("WWW-Authenticate", f'Bearer realm="things"{error}')
            if status == 405:
                self.send_header("Allow", "GET, POST, PUT, DELETE")
            if content is not None:
                self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else encoded)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_QUERY = reply

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
