"""A list of items behind a door: a small honest service that asks for whatever credentials a test chooses."""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.server import Server

JSON = dict[str, Any]
Security = list[dict[str, list[str]]]
# Who is known, with the password of each, and with an application that may ask for tokens.
PEOPLE = {"ada@example.com": "hünter2 of ada", "ben": "a password of ben's"}
KEYS = {"key-of-ada/4711+x": "ada@example.com", "key-of-ben/0815+y": "ben"}
KEY = re.compile(r"key[-a-z0-9/+]*")
APPLICATIONS = {"till": "a secret of the till"}
UNREADABLE: tuple[int, JSON, JSON] = (422, {}, {"message": "a member is missing"})
NOTHING_HERE: tuple[int, JSON, JSON] = (404, {}, {"message": "nothing is here"})
SCHEMES: JSON = {
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "query-key": {"type": "apiKey", "in": "query", "name": "api_key"},
    "header-key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "session": {"type": "apiKey", "in": "cookie", "name": "session"},
    "oauth": {
        "type": "oauth2",
        "flows": {
            "password": {"tokenUrl": "token", "scopes": {}},
            "clientCredentials": {"tokenUrl": "https://items.example.com/v1/token", "scopes": {}},
        },
    },
    "discovery": {
        "type": "openIdConnect",
        "openIdConnectUrl": "https://id.example.com/.well-known/openid-configuration",
    },
    "certificate": {"type": "mutualTLS"},
}


@dataclass
class Doors:
    """
    A service whose items are behind `security`, in the form of OpenAPI; `prefix` stands before its bearer tokens.

    `refused` are passwords that it does not like, as a pattern. A service that `forgets` shows no item. One that is `exact`
    answers 400 to a key that is written as no key is, whatever else is shown. `seen` has the target and the header fields of every
    request.
    """

    security: Security
    prefix: str = "Bearer"
    refused: str = "$^"
    forgets: bool = False
    exact: bool = False
    people: dict[str, str] = field(default_factory=lambda: dict(PEOPLE))
    tokens: dict[str, str] = field(default_factory=dict)
    items: list[JSON] = field(default_factory=list)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def person(self, scheme: str, query: dict[str, list[str]], headers: dict[str, str]) -> str | None:
        """Return who is proved by a scheme; None where nobody is."""
        word, _, value = headers.get("authorization", "").partition(" ")
        cookies = SimpleCookie(headers.get("cookie", ""))
        if scheme == "basic" and word == "Basic":
            name, _, password = base64.b64decode(value).decode().partition(":")
            return name if self.people.get(name) == password else None
        if scheme in ("bearer", "oauth") and word == self.prefix:
            return self.tokens.get(value)
        found = {
            "query-key": KEYS.get(query.get("api_key", [""])[0]),
            "header-key": KEYS.get(headers.get("x-key", "")),
            "session": self.tokens.get(cookies["session"].value) if "session" in cookies else None,
        }
        return found.get(scheme)

    def admits(self, query: dict[str, list[str]], headers: dict[str, str]) -> bool:
        """Tell whether one of the alternatives is satisfied."""
        return any(all(self.person(name, query, headers) for name in alternative) for alternative in self.security)

    def token_of(self, name: str) -> str:
        token = f"token-{len(self.tokens)}-of-{name}"
        self.tokens[token] = name
        return token

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, JSON, Any]:
        """Return status, header fields and content of an answer."""
        self.seen.append((target, headers))
        path, query = urlsplit(target).path.removeprefix("/v1"), parse_qs(urlsplit(target).query)
        if path == "/status":
            return 200, {}, {"status": "ok"}
        if path in ROUTES and method == "POST":
            return ROUTES[path](self, headers, body)
        if not path.startswith("/items"):
            return NOTHING_HERE
        if self.exact and not all(
            KEY.fullmatch(key) for key in (*query.get("api_key", []), headers.get("x-key", "key"))
        ):
            return 400, {}, {"message": "a key begins with `key`"}
        if not self.admits(query, headers):
            return 401, {"WWW-Authenticate": f'{self.prefix} realm="items"'}, {"message": "who are you?"}
        return self.answer_about_items(method, path, body)

    def answer_about_items(self, method: str, path: str, body: bytes) -> tuple[int, JSON, Any]:
        if method == "POST":
            item = members_of(body, "name")
            if item is None:
                return UNREADABLE
            self.items.append({"id": len(self.items) + 1, "name": item["name"]})
            return 201, {"Location": f"/v1/items/{len(self.items)}"}, self.items[-1]
        number = path.rpartition("/")[2]
        found = [item for item in self.items if str(item["id"]) == number]
        if path == "/items":
            return 200, {}, self.items
        return (200, {}, found[0]) if found and not self.forgets else NOTHING_HERE

    def sign_up(self, headers: dict[str, str], body: bytes) -> tuple[int, JSON, Any]:
        person = members_of(body, "username", "password")
        if person is None:
            return UNREADABLE
        if person["username"] in self.people:
            return 409, {}, {"message": "taken"}
        if re.search(self.refused, person["password"]):
            return 422, {}, {"message": "the password is too plain"}
        self.people[person["username"]] = person["password"]
        return 201, {}, {"username": person["username"]}

    def enter_by_form(self, headers: dict[str, str], body: bytes) -> tuple[int, JSON, Any]:
        """Log in by a form, and answer with a cookie and nothing else."""
        if headers.get("content-type") != "application/x-www-form-urlencoded":
            return 415, {}, {"message": "send a form"}
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if self.people.get(form.get("username", "")) != form.get("password", ""):
            return 401, {}, {"message": "wrong"}
        return 204, {"Set-Cookie": f"session={self.token_of(form['username'])}; Path=/; HttpOnly"}, None

    def enter(self, headers: dict[str, str], body: bytes) -> tuple[int, JSON, Any]:
        """Log in by members one level down, and answer with a token one level down."""
        whole = members_of(body, "user")
        user = members_of(json.dumps(whole["user"]).encode(), "email", "password") if whole else None
        if user is None:
            return UNREADABLE
        if self.people.get(user["email"]) != user["password"]:
            return 401, {}, {"message": "wrong"}
        return 200, {}, {"user": {"email": user["email"], "token": self.token_of(user["email"])}}

    def hand_out_token(self, headers: dict[str, str], body: bytes) -> tuple[int, JSON, Any]:
        """Hand out a token as RFC 6749, sections 4.3 and 4.4, says."""
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        secret = self.people.get(form.get("username", ""))
        if form["grant_type"] == "password" and secret is not None and secret == form["password"]:
            return 200, {}, {"access_token": self.token_of(form["username"]), "expires_in": 60}
        application = base64.b64decode(headers.get("authorization", "").partition(" ")[2]).decode()
        name, _, given = application.partition(":")
        if form["grant_type"] == "client_credentials" and given and APPLICATIONS.get(name) == given:
            return 200, {}, {"access_token": self.token_of(name), "token_type": "bearer"}
        return 400, {}, {"error": "invalid_grant"}

    def write(self, folder: Path, **roles: JSON) -> Path:
        """Write its document, where operations have the roles of signing in that a test gives them; return the file."""
        used = {name for alternative in self.security for name in alternative}
        raw: JSON = {
            "openapi": "3.1.0",
            "info": {"title": "Items", "version": "1.0.0"},
            "servers": [{"url": "/v1"}],
            "paths": {
                "/status": {"get": {"operationId": "get_status", "responses": {"200": {"description": "Fine."}}}},
                "/items": {"get": self._operation("list_items"), "post": self._operation("make_item", body=ITEM)},
                "/items/{id}": {"get": self._operation("get_item"), "parameters": [ID]},
                "/people": {"post": {**SIGN_UP, **roles.get("sign_up", {})}},
                "/session": {"post": {**FORM_LOG_IN, **roles.get("form", {})}},
                "/login": {"post": {**NESTED_LOG_IN, **roles.get("nested", {})}},
            },
            "components": {"securitySchemes": {name: SCHEMES[name] for name in sorted(used)}},
        }
        file = folder / "items.json"
        file.write_text(json.dumps(raw), encoding="utf-8")
        return file

    def _operation(self, name: str, body: JSON | None = None) -> JSON:
        status = "201" if body else "200"
        content = {"application/json": {"schema": body or {}}}
        sent = {"requestBody": {"required": True, "content": content}} if body else {}
        responses = {
            status: {"description": "Done.", "content": content},
            "401": {"description": "Refused."},
            "422": {"description": "Unreadable."},
        }
        return {"operationId": name, "security": self.security, **sent, "responses": responses}


def members_of(body: bytes, *names: str) -> JSON | None:
    """Return the object that content is; None where it is none, or lacks one of these members."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    is_whole = isinstance(content, dict) and all(isinstance(content.get(name), str | dict) for name in names)
    return content if is_whole else None


def takes(media_type: str, schema: JSON) -> JSON:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


def texts(**members: JSON) -> JSON:
    return {"type": "object", "required": list(members), "properties": members}


TEXT: JSON = {"type": "string", "minLength": 1}
ITEM: JSON = texts(name=TEXT)
ID: JSON = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
DONE: JSON = {"responses": {"200": {"description": "Done."}, "401": {"description": "Refused."}}, "security": []}
SIGN_UP: JSON = {
    "operationId": "sign_up",
    **takes(
        "application/json",
        texts(
            username={"type": "string", "pattern": "^[a-z0-9]{3,12}$"},
            password={"type": "string", "minLength": 8, "maxLength": 20},
        ),
    ),
    **DONE,
}
FORM_LOG_IN: JSON = {
    "operationId": "enter_by_form",
    **takes("application/x-www-form-urlencoded", texts(username=TEXT, password=TEXT)),
    **DONE,
}
NESTED_LOG_IN: JSON = {
    "operationId": "enter",
    **takes("application/json", texts(user=texts(email=TEXT, password=TEXT))),
    **DONE,
}
SIGNS_UP: JSON = {"x-auth-role": {"role": "register", "identifier": "/username", "secret": "/password"}}
BY_FORM: JSON = {"x-auth-role": {"role": "log-in", "identifier": "/username", "secret": "/password"}}
NESTED: JSON = {
    "x-auth-role": {
        "role": "log-in",
        "identifier": "/user/email",
        "secret": "/user/password",
        "access": "/user/token",
        "prefix": "Token",
    }
}
ROUTES: dict[str, Callable[[Doors, dict[str, str], bytes], tuple[int, JSON, Any]]] = {
    "/people": Doors.sign_up,
    "/session": Doors.enter_by_form,
    "/login": Doors.enter,
    "/token": Doors.hand_out_token,
}


@contextmanager
def opened(doors: Doors) -> Iterator[str]:
    """Serve and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            status, fields, content = doors.answer(self.command, self.path, headers, body)
            encoded = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **fields, "Content-Length": len(encoded)}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(encoded)

        do_GET = do_POST = reply

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
