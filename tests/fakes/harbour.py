"""
A harbour with several quays: servers of one service, on one store, each at a port of its own.

What a server keeps to itself, and should share with the others, a test chooses.
"""

import json
import math
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from threading import RLock
from typing import Any
from urllib.parse import parse_qsl

from .serving import opened

JSON = dict[str, Any]
Answer = tuple[int, JSON, Any]
# What the second server does and no other one: it answers with a status that no document has.
STATUSES = "statuses"
# What a server may keep to itself.
LIMITS, CACHE, SESSIONS, ENDINGS, IDS, KEYS, TAGS = "limits", "cache", "sessions", "endings", "ids", "keys", "tags"
LIMIT, WINDOW = 6, 60
LAG = 5.0  # seconds until a server hears of a session that was ended at another one, where it keeps endings to itself
MOST_ON_A_PAGE = 50

TEXT: JSON = {"type": "string", "minLength": 1, "maxLength": 60, "pattern": "^[A-Za-z0-9 ]+$"}
WORD: JSON = {"type": "string", "minLength": 1, "maxLength": 200}
NAME: JSON = {"type": "string", "minLength": 3, "maxLength": 60, "pattern": "^[A-Za-z0-9]+$", "example": "anna"}
PASSWORD: JSON = {"type": "string", "minLength": 8, "maxLength": 60}
NUMBER: JSON = {"type": "integer", "minimum": 1, "maximum": 1000000}
PROBLEM: JSON = {
    "description": "Refused.",
    "content": {"application/json": {"schema": {"type": "object", "properties": {"problem": {"type": "string"}}}}},
}
NOTHING: JSON = {"description": "Nothing."}
BOAT: JSON = {"type": "object", "required": ["id", "name"], "properties": {"id": NUMBER, "name": TEXT}}
NEW_BOAT: JSON = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {"name": TEXT},
}
SKIPPER: JSON = {
    "type": "object",
    "required": ["name", "password"],
    "additionalProperties": False,
    "properties": {"name": NAME, "password": PASSWORD},
}
CREDENTIALS: JSON = {**SKIPPER, "properties": dict.fromkeys(("name", "password"), WORD)}
PAGE: JSON = {
    "type": "object",
    "required": ["items", "total"],
    "properties": {"items": {"type": "array", "items": BOAT}, "total": {"type": "integer"}},
}


def shown(schema: JSON, **headers: JSON) -> JSON:
    named = {name.replace("_", "-"): {"schema": each} for name, each in headers.items()}
    return {"description": "Done.", "headers": named, "content": {"application/json": {"schema": schema}}}


def operation(name: str, responses: dict[int, JSON], body: JSON | None = None, more: JSON | None = None) -> JSON:
    content = {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}} if body else {}
    told = {str(status): each for status, each in responses.items()}
    return {"operationId": name, "x-rate-limit": [], **content, **(more or {}), "responses": told}


BOAT_ID: JSON = {"name": "id", "in": "path", "required": True, "schema": NUMBER}
KEY: JSON = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 60}}
PAGES: list[JSON] = [
    {"name": "page", "in": "query", "schema": {**NUMBER, "default": 1}},
    {
        "name": "size",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST_ON_A_PAGE, "default": 10},
    },
]
OPEN: JSON = {"security": []}
SIGNS_UP = {"role": "register", "identifier": "/name", "secret": "/password"}
LOGS_IN = {"role": "log-in", "identifier": "/name", "secret": "/password", "access": "/token"}
ORDERED: JSON = {
    "style": "page",
    "page": "page",
    "size": "size",
    "items": "/items",
    "total": "/total",
    "order": ["/id"],
}
DOCUMENT: JSON = {
    "openapi": "3.0.3",
    "info": {"title": "Harbour", "version": "1"},
    "security": [{"token": []}],
    "x-rate-limit": {"policies": {"tide": {"limit": LIMIT, "window": WINDOW, "by": "principal"}}},
    "paths": {
        "/skippers": {
            "post": operation(
                "sign_up",
                {
                    201: shown({"type": "object", "properties": {"name": NAME}}),
                    400: PROBLEM,
                    409: PROBLEM,
                    415: PROBLEM,
                },
                SKIPPER,
                {**OPEN, "x-auth-role": SIGNS_UP},
            )
        },
        "/watches": {
            "post": operation(
                "log_in",
                {
                    200: shown({"type": "object", "properties": {"token": {"type": "string"}}}),
                    400: PROBLEM,
                    401: PROBLEM,
                    415: PROBLEM,
                },
                CREDENTIALS,
                {**OPEN, "x-auth-role": LOGS_IN},
            )
        },
        "/watches/current": {
            "delete": operation("log_out", {204: NOTHING, 401: PROBLEM}, more={"x-auth-role": {"role": "log-out"}})
        },
        "/boats": {
            "get": operation(
                "list_boats",
                {200: shown(PAGE), 400: PROBLEM, 401: PROBLEM},
                more={"parameters": PAGES, "x-pagination": ORDERED, "x-cache": {"store": 60}},
            ),
            "post": operation(
                "add_boat",
                {
                    201: shown(BOAT, Location={"type": "string"}),
                    400: PROBLEM,
                    401: PROBLEM,
                    415: PROBLEM,
                    422: PROBLEM,
                },
                NEW_BOAT,
                {"parameters": [KEY]},
            ),
        },
        "/boats/{id}": {
            "parameters": [BOAT_ID],
            "get": operation(
                "get_boat",
                {
                    200: shown(BOAT, ETag={"type": "string"}),
                    304: NOTHING,
                    400: PROBLEM,
                    401: PROBLEM,
                    404: PROBLEM,
                },
                more={"x-cache": {"store": 60}},
            ),
            "put": operation(
                "change_boat",
                {200: shown(BOAT), 400: PROBLEM, 401: PROBLEM, 404: PROBLEM, 415: PROBLEM},
                NEW_BOAT,
            ),
            "delete": operation("remove_boat", {204: NOTHING, 400: PROBLEM, 401: PROBLEM, 404: PROBLEM}),
        },
        "/tide": {
            "get": operation(
                "get_tide",
                {
                    200: shown({"type": "object", "properties": {"metres": {"type": "number"}}}),
                    401: PROBLEM,
                    429: {**PROBLEM, "headers": {"Retry-After": {"schema": {"type": "integer"}}}},
                },
                more={"x-rate-limit": ["tide"]},
            )
        },
    },
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
}


class Refusal(Exception):
    """What a request is refused with."""

    def __init__(self, status: int, problem: str, **headers: Any) -> None:
        self.status, self.problem = status, problem
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass
class Memory:
    """What a service has to remember between two requests."""

    counts: dict[str, tuple[float, int]] = field(default_factory=dict)  # by caller: the window's beginning, requests
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)
    last_id: int = 0
    first_answers: dict[tuple[str, str], tuple[bytes, Answer]] = field(default_factory=dict)
    salt: str = ""
    passwords: dict[str, str] = field(default_factory=dict)
    boats: dict[int, JSON] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # each request: its server, its method, its path


class Quay:
    """One server. What all share is in one memory; what it keeps `apart` is in one of its own."""

    def __init__(self, name: str, shared: Memory, apart: str, lock: RLock) -> None:
        self.name, self.shared, self.apart, self.lock = name, shared, apart, lock
        self.own = Memory(salt=name)

    def memory(self, what: str) -> Memory:
        return self.own if what == self.apart else self.shared

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """Return status, header fields and content of an answer."""
        path, _, query = target.partition("?")
        self.shared.asked.append((self.name, method, path))
        try:
            with self.lock:
                return self.routed(method.replace("HEAD", "GET"), path, query, headers, body)
        except Refusal as refusal:
            return refusal.status, refusal.headers, {"problem": refusal.problem}

    def routed(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        allowed = methods_at(path)
        if method not in allowed:
            fields = {"Allow": ", ".join([*allowed, *(["HEAD"] if "GET" in allowed else [])])} if allowed else {}
            raise Refusal(405 if allowed else 404, "there is nothing of the kind", **fields)
        if path == "/skippers":
            return self.sign_up(content(headers, body))
        if path == "/watches":
            return self.log_in(content(headers, body))
        token = self.token_of(headers)
        if path == "/watches/current":
            self.shared.ended[token] = self.own.ended[token] = time.monotonic()
            return 204, {}, None
        if path == "/tide":
            return self.tide(self.shared_name_of(token))
        return self.about_boats(method, path, query, headers, body, self.shared_name_of(token))

    # Who asks.

    def sign_up(self, fields: JSON) -> Answer:
        name, password = judged(fields, SKIPPER)
        if name in self.shared.passwords:
            raise Refusal(409, "somebody has that name")
        self.shared.passwords[name] = password
        return 201, {}, {"name": name}

    def log_in(self, fields: JSON) -> Answer:
        name, password = judged(fields, CREDENTIALS)
        if self.shared.passwords.get(name) != password:
            raise Refusal(401, "the name or the password is wrong", WWW_Authenticate="Bearer")
        sessions = self.memory(SESSIONS)
        token = f"{self.name}-{len(sessions.tokens) + 1}-{sha256(name.encode()).hexdigest()[:20]}"
        sessions.tokens[token] = name
        return 200, {"Cache-Control": "no-store"}, {"token": token}

    def token_of(self, headers: dict[str, str]) -> str:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token not in self.memory(SESSIONS).tokens or self.has_ended(token):
            raise Refusal(401, "log in first", WWW_Authenticate="Bearer")
        return token

    def has_ended(self, token: str) -> bool:
        """Tell whether this server has heard that a session was ended: elsewhere it hears of it later."""
        if token in self.memory(ENDINGS).ended:
            return True
        return time.monotonic() - self.shared.ended.get(token, math.inf) > LAG

    def shared_name_of(self, token: str) -> str:
        return self.memory(SESSIONS).tokens[token]

    # What is limited.

    def tide(self, name: str) -> Answer:
        if self.apart == STATUSES and self.name == "quay2":
            raise Refusal(418, "this is a teapot")
        began, count = self.memory(LIMITS).counts.get(name, (time.monotonic(), 0))
        passed = time.monotonic() - began
        if passed >= WINDOW:
            began, count, passed = time.monotonic(), 0, 0.0
        self.memory(LIMITS).counts[name] = (began, count + 1)
        if count >= LIMIT:
            raise Refusal(429, "ask later", Retry_After=math.ceil(WINDOW - passed))
        return 200, {}, {"metres": 1.5}

    # Boats.

    def about_boats(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes, name: str
    ) -> Answer:
        if method == "GET":
            return self.read(path, query, headers)
        if method == "POST":
            return self.once(headers.get("idempotency-key", ""), name, body, content(headers, body))
        number = number_in(path)
        if method == "PUT":
            wanted = content(headers, body)
            (boat_name,) = judged(wanted, NEW_BOAT)
            self.boat(number)["name"] = boat_name
            self.forget_answers()
            return 200, {}, dict(self.boat(number))
        self.boat(number)
        del self.shared.boats[number]
        self.forget_answers()
        return 204, {}, None

    def once(self, key: str, name: str, body: bytes, fields: JSON) -> Answer:
        """Add a boat, or give the answer again that a key has got before."""
        known = self.memory(KEYS).first_answers
        if key and (name, key) in known:
            before, answer = known[name, key]
            if before != body:
                raise Refusal(422, "the key was used for something else")
            return answer
        (boat_name,) = judged(fields, NEW_BOAT)
        ids = self.memory(IDS)
        ids.last_id += 1
        boat = {"id": ids.last_id, "name": boat_name}
        self.shared.boats[ids.last_id] = boat
        self.forget_answers()
        answer = 201, {"Location": f"/boats/{ids.last_id}"}, dict(boat)
        if key:
            known[name, key] = (body, answer)
        return answer

    def read(self, path: str, query: str, headers: dict[str, str]) -> Answer:
        """Return what is read, from the cache where that has it."""
        answers = self.memory(CACHE).answers
        if (path, query) not in answers:
            answers[path, query] = self.fresh(path, query)
        status, fields, value = answers[path, query]
        if path != "/boats":
            tag = sha256(f"{self.memory(TAGS).salt}{value}".encode()).hexdigest()[:16]
            fields = {**fields, "ETag": f'"{tag}"'}
        asked = [each.strip().removeprefix("W/") for each in headers.get("if-none-match", "").split(",")]
        if fields.get("ETag") in asked or ("*" in asked and "ETag" in fields):
            return 304, fields, None
        return status, fields, value

    def fresh(self, path: str, query: str) -> Answer:
        if path != "/boats":
            return 200, {}, dict(self.boat(number_in(path)))
        asked = dict(parse_qsl(query, keep_blank_values=True))
        page, size = number(asked.get("page", "1"), 1_000_000), number(asked.get("size", "10"), MOST_ON_A_PAGE)
        boats = [dict(self.shared.boats[each]) for each in sorted(self.shared.boats)]
        return 200, {}, {"items": boats[(page - 1) * size : page * size], "total": len(boats)}

    def boat(self, number: int) -> JSON:
        if number not in self.shared.boats:
            raise Refusal(404, "there is no such boat")
        return self.shared.boats[number]

    def forget_answers(self) -> None:
        self.memory(CACHE).answers.clear()


def methods_at(path: str) -> list[str]:
    place = "/boats/{id}" if path.startswith("/boats/") else path
    known: JSON = DOCUMENT["paths"].get(place, {})
    return [method.upper() for method in known if method != "parameters"]


def content(headers: dict[str, str], body: bytes) -> JSON:
    """Return content that is a JSON object."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "send application/json")
    try:
        value = json.loads(body)
    except ValueError:
        raise Refusal(400, "that is no JSON") from None
    if not isinstance(value, dict):
        raise Refusal(400, "that is no object")
    return value


def judged(fields: JSON, schema: JSON) -> list[str]:
    """Return the texts of an object in the order of its schema; Refusal where they do not follow it."""
    known = schema["properties"]
    if fields.keys() != known.keys():
        raise Refusal(400, f"send {', '.join(known)} and nothing else")
    for name, rules in known.items():
        text = fields[name]
        if not isinstance(text, str) or not rules["minLength"] <= len(text) <= rules["maxLength"]:
            raise Refusal(400, f"{name} is too short or too long")
        if not re.fullmatch(rules.get("pattern", ".*").strip("^$"), text):
            raise Refusal(400, f"{name} has a character that it cannot have")
    return [fields[name] for name in known]


def number_in(path: str) -> int:
    return number(path.rpartition("/")[2], 1_000_000)


def number(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most and text[0] != "0"):
        raise Refusal(400, f"write a number from 1 to {most}")
    return int(text)


@dataclass
class Harbour:
    """Several servers on one store: where each is, and what they have in common."""

    addresses: list[str]
    memory: Memory


@contextmanager
def quays(apart: str = "", count: int = 2) -> Iterator[Harbour]:
    """Serve as long as this block lasts, at so many addresses; each server keeps one thing `apart`, or nothing."""
    shared, lock = Memory(salt="all"), RLock()
    with ExitStack() as stack:
        servers = [Quay(f"quay{number}", shared, apart, lock) for number in range(1, count + 1)]
        yield Harbour([stack.enter_context(opened(server)) for server in servers], shared)
