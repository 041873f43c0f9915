"""Notes, written against ASGI alone: basic credentials, slugs as ids, bare arrays, pages in header fields, entity tags."""

import base64
import binascii
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

PASSWORDS = {"ada": "lovelace-engine", "ben": "franklin-kite"}
ROUTES = {
    "/notes": {"GET": "listed", "POST": "added"},
    "/notes/([^/]+)": {"GET": "shown", "PUT": "replaced", "DELETE": "deleted"},
    "/notes/([^/]+)/text": {"GET": "text_alone"},
}
Note = dict[str, Any]


@dataclass
class Answer:
    status: int
    content: bytes = b""
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    fields: dict[str, str]
    body: bytes
    user: str = ""


class Refusal(Exception):
    def __init__(self, status: int, message: str, **fields: str) -> None:
        content = json.dumps({"message": message}).encode()
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        self.answer = Answer(status, content, {"content-type": "application/json", **named})


def as_json(value: Any, status: int = 200, **fields: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return Answer(status, json.dumps(value).encode(), {"content-type": "application/json", **named})


def slug_of(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:40] or "note"


def tag_of(note: Note) -> str:
    return f'"{hashlib.sha256(json.dumps(note).encode()).hexdigest()[:20]}"'


def named_in(header: str, tag: str, weakly: bool) -> bool:
    """Say whether a list of entity tags names this one."""
    tags = re.findall(r'(?:W/)?"[^"]*"', header)
    if weakly:
        tags = [each.removeprefix("W/") for each in tags]
    return header.strip() == "*" or tag in tags


class Notes:
    def __init__(self) -> None:
        self.notes: dict[str, Note] = {}
        self.owners: dict[str, str] = {}
        self.answers: dict[Any, Answer] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer = self.answer(Request(scope["method"], scope["path"], query, fields, body))
        is_empty = answer.status in (204, 304)
        length = [] if is_empty else [("content-length", str(len(answer.content)))]
        pairs = [(name.encode(), value.encode("latin-1")) for name, value in [*answer.fields.items(), *length]]
        content = b"" if scope["method"] == "HEAD" or is_empty else answer.content
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": content})

    def answer(self, request: Request) -> Answer:
        try:
            action, keys = self.route(request)
            request.user = self.user_of(request)
            return action(request, *keys)
        except Refusal as refusal:
            return refusal.answer

    def route(self, request: Request) -> tuple[Callable[..., Answer], list[str]]:
        for pattern, methods in ROUTES.items():
            if found := re.fullmatch(pattern, request.path):
                method = "GET" if request.method == "HEAD" else request.method
                if method not in methods:
                    allowed = [*methods, "HEAD"] if "GET" in methods else [*methods]
                    raise Refusal(405, "not here", allow=", ".join(allowed))
                return getattr(self, methods[method]), list(found.groups())
        raise Refusal(404, "there is nothing here")

    def user_of(self, request: Request) -> str:
        word, _, rest = request.fields.get("authorization", "").partition(" ")
        try:
            name, _, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            name, password = "", ""
        if word.lower() != "basic" or PASSWORDS.get(name) != password or name not in PASSWORDS:
            raise Refusal(401, "who are you?", www_authenticate='Basic realm="notes", charset="UTF-8"')
        return name

    def number(self, request: Request, name: str, default: int, most: int) -> int:
        asked = request.query.get(name, str(default))
        if not re.fullmatch("[0-9]{1,6}", asked) or not 1 <= int(asked) <= most:
            raise Refusal(400, f"{name} is a number from 1 to {most}")
        return int(asked)

    def listed(self, request: Request) -> Answer:
        page, size = self.number(request, "page", 1, 99999), self.number(request, "per_page", 10, 50)
        own = [note for slug, note in sorted(self.notes.items()) if self.owners[slug] == request.user]
        if "tag" in request.query:
            if not is_tag(request.query["tag"]):
                raise Refusal(400, "a tag has 1 to 20 small letters")
            own = [note for note in own if request.query["tag"] in note["tags"]]
        total = len(own)
        shown = own[(page - 1) * size : page * size]
        answer = as_json(shown, x_total_count=str(total), cache_control="private, no-cache", vary="Authorization")
        if page * size < total:
            query = urlencode({**request.query, "page": page + 1, "per_page": size})
            answer.fields["link"] = f'</notes?{query}>; rel="next"'
        return answer

    def content(self, request: Request) -> Note:
        """Return the title, the text and the tags that the content has."""
        if request.fields.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refusal(415, "send application/json")
        try:
            value = json.loads(request.body)
        except (ValueError, RecursionError):
            raise Refusal(400, "that is no JSON") from None
        if not isinstance(value, dict) or set(value) - {"title", "text", "tags"}:
            raise Refusal(400, "a note has a title, a text and tags")
        title, text, tags = value.get("title"), value.get("text", ""), value.get("tags", [])
        if not isinstance(title, str) or not 1 <= len(title) <= 100:
            raise Refusal(400, "the title has 1 to 100 characters")
        if not isinstance(text, str) or len(text) > 1000:
            raise Refusal(400, "the text has up to 1000 characters")
        if not isinstance(tags, list) or len(tags) > 8 or not all(is_tag(each) for each in tags):
            raise Refusal(400, "there are up to 8 tags of 1 to 20 small letters")
        return {"title": title, "text": text, "tags": tags}

    def added(self, request: Request) -> Answer:
        content = self.content(request)
        wanted = slug_of(content["title"])
        slug, number = wanted, 1
        while slug in self.notes:
            number += 1
            slug = f"{wanted}-{number}"
        self.notes[slug], self.owners[slug] = {"slug": slug, **content}, request.user
        return as_json(self.notes[slug], 201, location=f"/notes/{slug}", etag=tag_of(self.notes[slug]))

    def find(self, request: Request, slug: str) -> Note:
        if slug not in self.notes or self.owners[slug] != request.user:
            raise Refusal(404, "there is no such note")
        return self.notes[slug]

    def shown(self, request: Request, slug: str) -> Answer:
        note = self.find(request, slug)
        fields = {"etag": tag_of(note), "cache_control": "private, no-cache", "vary": "Authorization"}
        if named_in(request.fields.get("if-none-match", ""), tag_of(note), weakly=True):
            return Answer(304, b"", {name.replace("_", "-"): value for name, value in fields.items()})
        return as_json(note, 200, **fields)

    def text_alone(self, request: Request, slug: str) -> Answer:
        content = self.find(request, slug)["text"].encode("utf-8", "replace")
        return Answer(200, content, {"content-type": "text/plain; charset=utf-8", "cache-control": "private, no-cache"})

    def matched(self, request: Request, note: Note) -> None:
        """Raise a 412 where If-Match names another version."""
        wanted = request.fields.get("if-match")
        if wanted is not None and not named_in(wanted, tag_of(note), weakly=False):
            raise Refusal(412, "somebody has changed it")

    def replaced(self, request: Request, slug: str) -> Answer:
        note = self.find(request, slug)
        content = self.content(request)
        self.matched(request, note)
        note.update(content)
        return as_json(note, 200, etag=tag_of(note))

    def deleted(self, request: Request, slug: str) -> Answer:
        note = self.find(request, slug)
        self.matched(request, note)
        del self.notes[slug], self.owners[slug]
        return Answer(204)


def is_tag(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[a-z]{1,20}", value) is not None


def create_app() -> Notes:
    return Notes()
