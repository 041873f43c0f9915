"""A small honest API behind toy.yaml, so that the machinery is tested without the reference implementation."""

import base64
import hashlib
import hmac
import json
import os
import re
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import yaml
from jsonschema import Draft4Validator

# Seconds. Tests share a server, and on a busy machine the last of them comes late.
LIFETIME = 3600

KEY = b"a key of the toy's own"
IDS = {
    "id": "([1-9][0-9]{0,8})",
    "uuid": "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
}  # by the parameter's last word
RENAMED = {422: "Unprocessable Content"}


class Refusal(Exception):
    def __init__(self, status: int, detail: str = "", **headers: str) -> None:
        self.status, self.detail, self.headers = status, detail, headers


class Toy:
    """The whole API in one ASGI application; limits are read from the document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.base = document["servers"][0]["url"]
        self.users: dict[str, tuple[int, str]] = {}
        self.notes: dict[int, dict[str, Any]] = {}
        self.spent: dict[tuple[str, str], tuple[float, int]] = {}
        self.ids = iter(range(1, 10**9))
        self.call: type[Call] = Call

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        try:
            status, headers, answer = self.answer(scope, body)
        except Refusal as refusal:
            title = RENAMED.get(refusal.status) or HTTPStatus(refusal.status).phrase
            answer = {"type": "about:blank", "title": title, "status": refusal.status, "detail": refusal.detail}
            status, headers = refusal.status, {"content-type": "application/problem+json", **refusal.headers}
        content = b"" if answer is None or scope["method"] == "HEAD" else json.dumps(answer).encode()
        pairs = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": content})

    def answer(self, scope: Any, body: bytes) -> tuple[int, dict[str, str], Any]:
        path, method = scope["path"].removeprefix(self.base), scope["method"]
        for template, item in self.document["paths"].items():
            found = re.fullmatch(re.sub(r"\{\w+_(\w+)\}", lambda name: IDS[name[1]], template), path)
            if not (found and scope["path"].startswith(self.base)):
                continue
            known = {name.upper(): each for name, each in item.items() if name != "parameters"}
            if method not in known:
                raise Refusal(405, "wrong method", allow=", ".join(known))
            headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]]
            call = self.call(
                self,
                known[method],
                dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
                headers,
                body,
                scope["client"][0],
            )
            status, result = getattr(call, known[method]["operationId"])(
                *(int(each) if each.isdecimal() else each for each in found.groups())
            )
            etag = {"etag": f'"{hashlib.sha256(json.dumps(result).encode()).hexdigest()[:12]}"'} if result else {}
            place = {"location": f"{scope['path']}/{result['id']}"} if status == 201 else {}
            limits = {"ratelimit": ", ".join(call.limits)} if call.limits else {}
            return status, {"content-type": "application/json", **etag, **place, **limits}, result
        raise Refusal(404, "no such path")

    def spend(self, policy: str, key: str, cost: int = 1) -> str:
        told = self.document["x-rate-limit"]["policies"][policy]
        start, count = self.spent.get((policy, key), (time.time(), 0))
        if time.time() >= start + told["window"]:
            start, count = time.time(), 0
        if count >= told["limit"]:
            raise Refusal(429, "slow down", retry_after=str(int(start + told["window"] - time.time()) + 1))
        self.spent[policy, key] = (start, count + cost)
        return f'"{policy}";r={told["limit"] - count - cost};t={int(start + told["window"] - time.time())}'


class Call:
    """One request, checked in order: limits, token, parameters, body, object, owner, precondition."""

    def __init__(self, toy: Toy, operation: Any, query: dict[str, str], headers: Any, body: bytes, client: str) -> None:
        self.toy, self.query, self.headers = toy, query, dict(headers)
        secured = operation.get("security") != []
        tokens = [value for name, value in headers if name == "authorization"]
        self.user = verified(tokens[0]) if secured and len(tokens) == 1 else None
        named = toy.document["x-rate-limit"]["policies"]
        early = [policy for policy in operation["x-rate-limit"] if "pointer" not in named[policy]]
        self.limits = [toy.spend(policy, str(self.user or client)) for policy in early]
        if secured and self.user is None:
            raise Refusal(401, "no valid token", www_authenticate='Bearer realm="toy"')
        self.body: Any = self.valid(operation, body) if "requestBody" in operation else None

    def valid(self, operation: Any, body: bytes) -> Any:
        name = operation["requestBody"]["$ref"].rpartition("/")[2]
        schema = self.toy.document["components"]["requestBodies"][name]["content"]["application/json"]["schema"]
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            raise Refusal(400, "no JSON") from None
        if not Draft4Validator({**schema, "components": self.toy.document["components"]}).is_valid(value):
            raise Refusal(422, "breaks its schema")
        return value

    def number(self, name: str, default: int, most: int) -> int:
        text = self.query.get(name, str(default))
        if not re.fullmatch(r"[1-9][0-9]{0,8}", text) or int(text) > most:
            raise Refusal(400, f"{name} is out of range")
        return int(text)

    def register(self) -> tuple[int, Any]:
        email = self.body["email"].lower()
        if email in self.toy.users:
            raise Refusal(409, "taken")
        self.toy.users[email] = (next(self.toy.ids), self.body["password"])
        return 201, {"id": self.toy.users[email][0], "email": email}

    def log_in(self) -> tuple[int, Any]:
        number, password = self.toy.users.get(self.body["email"].lower(), (0, None))
        wrong = password != self.body["password"]
        self.toy.spend("log-in-account", self.body["email"].lower(), int(wrong))
        if wrong:
            raise Refusal(401, "wrong", www_authenticate='Bearer realm="toy"')
        return 200, {"token": signed({"sub": number, "exp": int(time.time()) + LIFETIME}), "lifetime": LIFETIME}

    def list_notes(self) -> tuple[int, Any]:
        page, size = self.number("page", 1, 10**9), self.number("size", 10, 50)
        notes = [note for note in self.toy.notes.values() if note["owner"] == self.user]
        more = page * size < len(notes)
        link = f"{self.toy.base}/notes?page={page + 1}&size={size}"
        return 200, {"items": notes[(page - 1) * size : page * size], "next": link if more else None}

    def create_note(self) -> tuple[int, Any]:
        number = next(self.toy.ids)
        self.toy.notes[number] = {"id": number, "owner": self.user, "text": self.body["text"]}
        return 201, self.toy.notes[number]

    def get_note(self, number: int) -> tuple[int, Any]:
        if number not in self.toy.notes:
            raise Refusal(404, "no such note")
        if self.toy.notes[number]["owner"] != self.user:
            raise Refusal(403, "not yours")
        return 200, self.toy.notes[number]

    def own(self, number: int) -> dict[str, Any]:
        note: dict[str, Any] = self.get_note(number)[1]
        if "if-match" not in self.headers:
            raise Refusal(428, "say If-Match")
        if not re.fullmatch(r'\*|(W/)?"[^"]*"', self.headers["if-match"]):
            raise Refusal(400, "If-Match is no entity tag")
        current = f'"{hashlib.sha256(json.dumps(note).encode()).hexdigest()[:12]}"'
        if self.headers["if-match"] not in ("*", current):
            raise Refusal(412, "changed since")
        return note

    def update_note(self, number: int) -> tuple[int, Any]:
        self.toy.notes[number] = {**self.own(number), **self.body}
        return 200, self.toy.notes[number]

    def delete_note(self, number: int) -> tuple[int, Any]:
        del self.toy.notes[self.own(number)["id"]]
        return 204, None


def signed(claims: dict[str, Any]) -> str:
    head = '{"alg":"HS256"}'
    parts = [base64.urlsafe_b64encode(text.encode()).decode().rstrip("=") for text in (head, json.dumps(claims))]
    return ".".join([*parts, base64.urlsafe_b64encode(signature(".".join(parts))).decode().rstrip("=")])


def signature(text: str) -> bytes:
    return hmac.new(KEY, text.encode(), hashlib.sha256).digest()


def verified(header: str) -> int | None:
    scheme, _, token = header.partition(" ")
    text, _, given = token.rpartition(".")
    proper = base64.urlsafe_b64encode(signature(text)).decode().rstrip("=")
    if scheme != "Bearer" or text.count(".") != 1 or not hmac.compare_digest(given.encode(), proper.encode()):
        return None
    payload = text.partition(".")[2]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return int(claims["sub"]) if claims["exp"] > time.time() else None


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def create_app() -> Toy:
    return Toy(read(Path(os.environ.get("TOY_DOCUMENT", str(Path(__file__).with_name("toy.yaml"))))))
