"""Lamps in one of many styles: one small service in this process that makes, shows and lists things as it is told to."""

import hashlib
import itertools
import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from bookplate.contract.pointer import look_up, put

TOKENS = {"Bearer token-of-ann": "ann", "Bearer token-of-bob": "bob"}
LARGEST, DEFAULT = 50, 20
Answer = tuple[int, dict[str, str], Any]
Fields = dict[str, Any]


@dataclass(frozen=True)
class Paging:
    """
    One way through a list; the names are those of x-pagination, and `leads` is what `next` has: a url or a value.

    `total_in` and `next_in` are a pointer or header:NAME, empty where pages have no such thing. `size` is empty where all
    pages have the size `usual`.
    """

    style: str
    place: str
    size: str = "limit"
    first: int = 0
    next_in: str = ""
    leads: str = "value"
    more_in: str = ""
    usual: int = DEFAULT


@dataclass(frozen=True)
class Style:
    """
    How the service makes, names, shows and lists its lamps.

    `status` answers a creation, with the lamp where `shows` it and with a Location where it is `located`. `wrapper` is a member
    around each lamp, in requests and answers. `key` is the pointer to what names a lamp, empty where only its Location
    does, and `parameter` is what its path calls that. `parents` are the collections above. `unique` are the pointers to what
    no two lamps may share, which `refuses_taken` with its status. `items` is the pointer to the items of a page.
    """

    status: int = 201
    shows: bool = True
    located: bool = True
    by_put: bool = False
    later: bool = False
    wrapper: str = ""
    key: str = "/id"
    parameter: str = "lampId"
    parents: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    refuses_taken: int = 409
    items: str = ""
    total_in: str = ""
    pagings: tuple[Paging, ...] = ()
    defect: str = ""

    @property
    def collection(self) -> str:
        return "".join(f"/{parent}/{{{parent}Id}}" for parent in self.parents) + "/lamps"


class Refusal(Exception):
    """A request that is answered with a status of its own."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass
class Asked:
    """A request as the service reads it."""

    method: str
    path: str
    query: dict[str, str]
    headers: Any
    body: bytes
    caller: str = ""


@dataclass
class Lamps:
    """The service: what it keeps, and its answers. `sent` are the methods, paths and contents of all requests."""

    style: Style
    lamps: dict[str, Fields] = field(default_factory=dict)
    above: set[str] = field(default_factory=set)
    waiting: dict[str, int] = field(default_factory=dict)
    ids: Any = field(default_factory=lambda: itertools.count(1))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(8))
    sent: list[tuple[str, str, bytes]] = field(default_factory=list)

    # What it is asked.

    def answer(self, asked: Asked) -> Answer:
        self.sent.append((asked.method, asked.path, asked.body))
        asked.caller = TOKENS.get(asked.headers.get("Authorization", ""), "")
        if not asked.caller:
            raise Refusal(401, "show a token")
        if asked.path.startswith("/jobs/"):
            return self.of_job(asked.path)
        *above, last = self.segments(asked.path)
        for parent in ("/".join(above[:length]) for length in range(2, len(above) + 1, 2)):
            if f"{asked.caller}:{parent}" not in self.above:
                raise Refusal(404, "nothing is above it")
        if len(above) % 2 == 0:
            return self.of_collection(asked, "/".join([*above, last]), last)
        return self.of_item(asked, "/".join(above), last)

    def segments(self, path: str) -> list[str]:
        """Return the parts of a path that is one of the service's: names of collections, and what stands in them."""
        parts = path.strip("/").split("/")
        names = [*self.style.parents, "lamps"]
        if parts[::2] != names[: len(parts[::2])] or len(parts) > 2 * len(names):
            raise Refusal(404, "there is nothing")
        return parts

    def of_collection(self, asked: Asked, place: str, name: str) -> Answer:
        is_lamps = name == "lamps"
        if asked.method == "GET" and is_lamps:
            return self.page(asked, place)
        if asked.method == "POST" and not (is_lamps and self.style.by_put):
            key = str(next(self.ids))
            if not is_lamps:
                self.above.add(f"{asked.caller}:{place}/{key}")
                return 201, {"Location": f"/{place}/{key}"}, {"id": key}
            return self.make(asked, place, key if self.style.key in ("/id", "") else f"lamp-{key}")
        raise Refusal(405, "wrong method")

    def of_item(self, asked: Asked, place: str, key: str) -> Answer:
        if not place.endswith("lamps"):
            return self.of_parent(asked, f"{place}/{key}", key)
        lamp = self.lamps.get(f"{place}/{key}")
        if asked.method == "PUT" and self.style.by_put and lamp is None:
            return self.make(asked, place, key)
        if lamp is None or lamp["owner"] != asked.caller or lamp["key"] in self.waiting:
            raise Refusal(404, "there is no such lamp")
        if asked.method == "GET":
            return self.shown(asked, lamp)
        return self.change(asked, place, lamp)

    def change(self, asked: Asked, place: str, lamp: Fields) -> Answer:
        """Replace or delete a lamp."""
        if asked.method not in ("PUT", "DELETE"):
            raise Refusal(405, "wrong method")
        if asked.method == "DELETE":
            del self.lamps[f"{place}/{lamp['key']}"]
            if self.style.defect == "deleted lamps stay in the list":
                self.lamps[f"{place}/{lamp['key']} deleted"] = lamp
            return 204, {}, None
        content = self.content(asked, besides=lamp)
        self.require_tag(asked, lamp)
        if self.style.defect != "changes are forgotten":
            lamp["content"] = content
        return self.shown(asked, lamp)

    def of_parent(self, asked: Asked, place: str, key: str) -> Answer:
        if asked.method != "GET" or f"{asked.caller}:{place}" not in self.above:
            raise Refusal(404, "there is no such thing")
        return 200, {}, {"id": key}

    # What it makes.

    def make(self, asked: Asked, place: str, key: str) -> Answer:
        content = self.content(asked)
        lamp = {"key": key, "owner": asked.caller, "number": next(self.ids), "content": content}
        if self.style.defect != "lamps are not kept":
            self.lamps[f"{place}/{key}"] = lamp
        headers = {"Location": f"/{place}/{key}"} if self.style.located else {}
        answered = self.representation(lamp) if self.style.shows else None
        if self.style.defect == "the watts are lost":
            lamp["content"] = {**content, "watts": 1}
        if self.style.later:
            self.waiting[key] = 2
            return 202, {"Location": f"/jobs/{key}"}, {"status": "waiting"}
        return self.style.status, headers, answered

    def of_job(self, path: str) -> Answer:
        """Answer how far a lamp is: it is there at the third look."""
        key = path.rpartition("/")[2]
        place = next((name for name, lamp in self.lamps.items() if lamp["key"] == key), "")
        left = self.waiting.get(key, 0)
        if left:
            self.waiting[key] = left - 1
            return 200, {}, {"status": "waiting"}
        self.waiting.pop(key, None)
        return 200, {}, {"status": "done", "result": {"href": f"/{place}"}}

    def content(self, asked: Asked, besides: Fields | None = None) -> Fields:
        """Return the content of a request; a mistake in it, or a value that is taken, is refused."""
        if asked.headers.get("Content-Type", "").partition(";")[0] != "application/json":
            raise Refusal(415, "send JSON")
        try:
            whole = json.loads(asked.body)
        except ValueError:
            raise Refusal(400, "this is no JSON") from None
        content = whole.get(self.style.wrapper) if isinstance(whole, dict) and self.style.wrapper else whole
        label = content.get("label") if isinstance(content, dict) else None
        watts = content.get("watts", 5) if isinstance(content, dict) else None
        maker = content.get("maker", {}) if isinstance(content, dict) else None
        is_number = isinstance(watts, int) and not isinstance(watts, bool) and 1 <= watts <= 1000
        if not (isinstance(label, str) and 1 <= len(label) <= 80 and is_number and is_maker(maker)):
            raise Refusal(422, "a lamp has a label, watts and a maker")
        found = {"label": label, "watts": watts, "maker": maker}
        for pointer in self.style.unique:
            value = look_up(found, pointer)
            others = [each for each in self.lamps.values() if each is not besides]
            if value is not None and any(look_up(each["content"], pointer) == value for each in others):
                raise Refusal(self.style.refuses_taken, f"{pointer.rpartition('/')[2]} already exists")
        return found

    def require_tag(self, asked: Asked, lamp: Fields) -> None:
        sent = asked.headers.get("If-Match")
        known = tag_of(self.representation(lamp))
        is_known = sent is None or sent.strip() == "*" or known in [each.strip() for each in sent.split(",")]
        if not is_known and self.style.defect != "If-Match is ignored":
            raise Refusal(412, "it has changed")

    # What it shows.

    def representation(self, lamp: Fields) -> Fields:
        """Return a lamp as a content of its own, in its wrapper."""
        shown = self.item(lamp)
        return {self.style.wrapper: shown} if self.style.wrapper else shown

    def item(self, lamp: Fields) -> Fields:
        shown = {**lamp["content"], "owner": lamp["owner"]}
        if self.style.key:
            put(shown, self.style.key, lamp["key"])
        return shown

    def shown(self, asked: Asked, lamp: Fields) -> Answer:
        content = self.representation(lamp)
        tag = tag_of(content)
        known = [each.strip().removeprefix("W/") for each in asked.headers.get("If-None-Match", "").split(",")]
        if asked.method == "GET" and ({tag, "*"} & set(known)) and self.style.defect != "If-None-Match is ignored":
            return 304, {"ETag": tag}, None
        return 200, {"ETag": tag}, content

    # What it lists.

    def page(self, asked: Asked, place: str) -> Answer:
        unknown = asked.query.keys() - {
            "label",
            *(name for each in self.style.pagings for name in (each.place, each.size) if name),
        }
        if unknown:
            raise Refusal(400, f"there is no {unknown}")
        lamps = [lamp for name, lamp in self.lamps.items() if name.rpartition("/")[0] == place]
        mine = [lamp for lamp in lamps if lamp["owner"] == asked.caller and lamp["key"] not in self.waiting]
        wanted = asked.query.get("label")
        mine = [lamp for lamp in mine if wanted in (None, lamp["content"]["label"])]
        if not self.style.pagings:
            return self.enveloped([self.item(lamp) for lamp in mine], {}, {})
        paging = next((each for each in self.style.pagings if each.place in asked.query), self.style.pagings[0])
        size = number(asked.query.get(paging.size, str(paging.usual)), 1, LARGEST)
        begin = self.begin(asked, paging, mine, size)
        part = mine[begin : begin + size]
        if self.style.defect == "the last of a page is lost" and len(part) > 1:
            part = part[:-1]
        more = begin + size < len(mine)
        members: Fields = {}
        headers: dict[str, str] = {}
        if self.style.total_in:
            counted = len(mine) - (self.style.defect == "the total is one less")
            self.say(self.style.total_in, counted, members, headers, f"lamps {begin}-{begin + size}/{counted}")
        for each in self.style.pagings:
            if each.more_in:
                self.say(each.more_in, more or self.style.defect == "there is always more", members, headers)
            if each.next_in and not each.next_in.startswith("item:"):
                led = self.led(asked, each, mine, begin, size) if more else None
                self.say(each.next_in, led, members, headers)
        return self.enveloped([self.item(lamp) for lamp in part], members, headers)

    def begin(self, asked: Asked, paging: Paging, mine: list[Fields], size: int) -> int:
        """Return how many lamps stand before a page."""
        text = asked.query.get(paging.place)
        if text is None:
            return 0
        if paging.style == "page":
            return size * (number(text, paging.first, 10**6) - paging.first)
        if paging.style == "offset":
            offset = number(text, paging.first, 10**6) - paging.first
            return offset // size * size if self.style.defect == "offsets are rounded to pages" else offset
        last = self.last_before(asked, paging, text, mine)
        return sum(lamp["number"] <= last for lamp in mine)

    def last_before(self, asked: Asked, paging: Paging, text: str, mine: list[Fields]) -> int:
        """Return the number of the lamp that a cursor stands behind; a cursor of something else is refused."""
        if paging.next_in.startswith("item:"):
            found = re.fullmatch(r"(?:lamp-)?(\d+)", text)
            known = [lamp["number"] for lamp in mine if lamp["key"] == text]
            if found is None:
                raise Refusal(400, "there is no such cursor")
            return known[0] if known else int(found[1]) + 1
        last, _, mark = text.partition(".")
        is_mine = mark == self.mark(asked, last)
        if not is_mine and self.style.defect != "any cursor is taken":
            raise Refusal(400, "there is no such cursor")
        return int(last) if last.isdecimal() else 0

    def mark(self, asked: Asked, last: str) -> str:
        """Return what shows that a cursor is the service's own, and was made for this list, filter and caller."""
        text = f"{last} {asked.path} {asked.query.get('label')} {asked.caller}"
        return hashlib.blake2b(text.encode(), key=self.secret, digest_size=8).hexdigest()

    def led(self, asked: Asked, paging: Paging, mine: list[Fields], begin: int, size: int) -> Any:
        """Return what leads to the page behind one."""
        value: Any
        if paging.style == "cursor":
            last = str(mine[begin + size - 1]["number"])
            value = f"{last}.{self.mark(asked, last)}"
        elif paging.style == "offset":
            value = begin + size + paging.first
        else:
            value = begin // size + 1 + paging.first
        if paging.leads == "value":
            return value
        kept = {} if self.style.defect == "links forget the size" else asked.query
        return f"{asked.path}?{urlencode({**kept, paging.place: value})}"

    def say(self, place: str, value: Any, members: Fields, headers: dict[str, str], in_range: str = "") -> None:
        """Put a value where a page has it; a header field that would say nothing is left out."""
        if not place.startswith("header:"):
            put(members, place, value)
            return
        name = place.removeprefix("header:")
        if value is None:
            return
        text = json.dumps(value) if isinstance(value, bool) else str(value)
        headers[name] = {"Link": f'<{text}>; rel="next"', "Content-Range": in_range}.get(name, text)

    def enveloped(self, items: list[Fields], members: Fields, headers: dict[str, str]) -> Answer:
        if not self.style.items:
            return 200, headers, items
        put(members, self.style.items, items)
        return 200, headers, members


def is_maker(value: Any) -> bool:
    email = value.get("email", "a@b") if isinstance(value, dict) else None
    return isinstance(email, str) and "@" in email


def tag_of(content: Any) -> str:
    return f'"{hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]}"'


def number(text: str, least: int, most: int) -> int:
    """Return a number of a query; one that is none, or out of bounds, is refused."""
    if not re.fullmatch(r"[0-9]{1,7}", text) or not least <= int(text) <= most:
        raise Refusal(400, f"{text} is out of bounds")
    return int(text)


class Server(ThreadingHTTPServer):
    """A server that many requests may reach at once."""

    request_queue_size = 64


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the service."""

    protocol_version = "HTTP/1.1"
    server_version = "lamps"
    wbufsize = -1  # head and content in one packet, or each answer waits for an acknowledgement
    lamps: Lamps
    lock: threading.Lock

    def serve(self) -> None:
        split = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.command.replace("HEAD", "GET"), split.path, dict(parse_qsl(split.query)), self.headers, body)
        try:
            with self.lock:
                status, headers, content = self.lamps.answer(asked)
        except Refusal as refusal:
            status, headers, content = refusal.status, {}, {"error": str(refusal)}
            if status == 401:
                headers["WWW-Authenticate"] = "Bearer"
        sent = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if sent:
            self.send_header("Content-Type", "application/json")
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else sent)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests stand in the service's list."""


@contextmanager
def lamps(style: Style) -> Iterator[tuple[str, Lamps]]:
    """Serve lamps in a style on a free port of this machine; give the URL and the service."""
    service = Lamps(style)
    handler = type("LampsHandler", (Handler,), {"lamps": service, "lock": threading.Lock()})
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", service
    finally:
        server.shutdown()
        server.server_close()
