"""
A conformant service with habits of its own, which a law must not take for mistakes.

Versions are numbers, and its document says so: an ETag in any other form is refused with 400.
If-Match works in reads too, and a creation takes the ETag of the list.
What is wrong with content is told before what is wrong with its media type.
Broken dials are thrown away together: there never are any, and the list keeps its ETag.
A dial that is gone is forbidden.
The engine room opens to keys alone, of which the document says nothing but that there is a 401.
"""

import json
import os
import re
from typing import Any

Answer = tuple[int, Any, dict[str, str]]
TAG = re.compile(r'"[0-9]+"|\*')


class Dials:
    """The whole API in one ASGI application; `defect` is what it does wrong, an empty text where it is honest."""

    def __init__(self, defect: str = "") -> None:
        self.defect = defect
        self.degrees: dict[int, int] = {}
        self.last = 0  # no number is given twice
        self.versions: dict[str, int] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        sent = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        status, content, headers = self.answer(scope["method"], scope["path"], sent, body)
        shown = b"" if content is None else json.dumps(content).encode()
        fields = {**headers, **({"content-type": "application/json"} if shown else {})}
        pairs = [(name.encode(), value.encode()) for name, value in fields.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else shown})

    def answer(self, method: str, path: str, sent: dict[str, str], body: bytes) -> Answer:
        if path == "/engine-room":
            return self.engine_room(method)
        number = re.fullmatch("/dials(?:/([0-9]{1,18}))?", path)
        if number is None or (number[1] and int(number[1]) not in self.degrees):
            return refusal(403 if number else 404)
        offered = ("DELETE", "GET", "PUT") if number[1] else ("DELETE", "GET", "POST")
        method = method.replace("HEAD", "GET")
        if method not in offered:
            return refusal(405, {"allow": ", ".join(offered)})
        early = self.precondition(path, sent)
        if early:
            return refusal(early)
        if method == "GET":
            return self.read(path, sent)
        return self.remove(number[1]) if method == "DELETE" else self.change(path, sent, body, number[1])

    def change(self, path: str, sent: dict[str, str], body: bytes, number: str | None) -> Answer:
        """Make a dial or turn one, where content and its media type are right."""
        refused = mistake_in(body, sent, is_strict=self.defect != "takes any media type")
        return refusal(refused) if refused else self.write(path, json.loads(body)["degrees"], number)

    def engine_room(self, method: str) -> Answer:
        if method not in ("GET", "HEAD", "PUT"):
            return refusal(405, {"allow": "GET, PUT"})
        return refusal(401, {"www-authenticate": "Key"})

    def precondition(self, path: str, sent: dict[str, str]) -> int:
        """Return the status of a precondition that is malformed or does not hold; 0 where all is well."""
        if any(not TAG.fullmatch(sent[name]) for name in ("if-match", "if-none-match") if name in sent):
            return 400
        expected = sent.get("if-match", "*")
        is_ignored = self.defect == "ignores If-Match"
        return 0 if is_ignored or expected in ("*", self.tag(path)) else 412

    def read(self, path: str, sent: dict[str, str]) -> Answer:
        tag = self.tag(path)
        if sent.get("if-none-match") in ("*", tag) and self.defect != "ignores If-None-Match":
            return 304, None, {"etag": tag}
        return 200, self.shown(path), {"etag": tag}

    def remove(self, number: str | None) -> Answer:
        """Remove a dial, or all that are broken."""
        if number:
            del self.degrees[int(number)]
            self.versions["/dials"] += 1
        return 200, {"removed": 1 if number else 0}, {}

    def write(self, path: str, degrees: int, number: str | None) -> Answer:
        key = int(number) if number else self.last + 1
        self.last = max(self.last, key)
        self.degrees[key] = degrees
        for changed in ("/dials", f"/dials/{key}"):
            self.versions[changed] = self.versions.get(changed, 0) + 1
        there = f"/dials/{key}"
        headers = {"etag": self.tag(there)} if number else {"etag": self.tag(there), "location": there}
        return (200 if number else 201), self.shown(there), headers

    def tag(self, path: str) -> str:
        return f'"{1000 + self.versions.get(path, 0)}"'

    def shown(self, path: str) -> Any:
        dials = [{"id": key, "degrees": degrees} for key, degrees in self.degrees.items()]
        number = path.removeprefix("/dials").removeprefix("/")
        return next(dial for dial in dials if dial["id"] == int(number)) if number else dials


def refusal(status: int, headers: dict[str, str] | None = None) -> Answer:
    return status, {"error": "no"}, headers or {}


def mistake_in(body: bytes, sent: dict[str, str], *, is_strict: bool) -> int:
    """Return the status of the first mistake of content, its members before its media type; 0 where there is none."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return 400
    degrees = content.get("degrees") if isinstance(content, dict) else None
    if type(degrees) is not int:
        return 400
    is_json = sent.get("content-type", "").partition(";")[0] == "application/json"
    return 415 if is_strict and not is_json else 0


def create_app() -> Dials:
    """Return the service with the defect that the environment names."""
    return Dials(os.environ.get("DIALS_DEFECT", ""))
