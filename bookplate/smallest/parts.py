"""A request in its parts: what can be left out of it, and the values that can be made plainer."""

import itertools
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from ..contract.media import URL_ENCODED, essence_of, is_json
from ..wire.content import repeated_names
from ..wire.exchange import Exchange

# Where a part stands: ("query", 2), ("header", 0), ("content",) or ("content", "lines", 0, "code").
Place = tuple[str | int, ...]
# What belongs to the connection or to the library that sends, and what every request has.
NOT_OF_THE_REQUEST = frozenset(
    ("host", "content-length", "transfer-encoding", "connection", "accept-encoding", "user-agent")
)
CONTENT = "content"
CONTENT_TYPE = "content-type"
ANYTHING = "*/*"
FORM_DATA = "multipart/"
MOST_LEVELS = 60  # of content that is taken apart


@dataclass(frozen=True)
class Pair:
    """A name with its value, both in the spelling of the place where they stand; without `=` it has no value."""

    name: str
    value: str | None
    place: str

    @property
    def is_quoted(self) -> bool:
        """Whether it is written as in a URL."""
        return self.place in ("path", "query", CONTENT)

    @property
    def plain_name(self) -> str:
        return unquote_plus(self.name) if self.is_quoted else self.name

    @property
    def text(self) -> str:
        """The value as it is read."""
        value = self.value or ""
        if self.place == "path":
            return unquote(value)  # a plus is one there
        return unquote_plus(value) if self.is_quoted else value

    def with_text(self, text: str) -> "Pair":
        return replace(self, value=quote(text, safe="") if self.is_quoted else text)

    def written(self) -> str:
        return self.name if self.value is None else f"{self.name}={self.value}"


@dataclass(frozen=True)
class Wire:
    """A request as it is sent."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Parts:
    """
    A request in its parts.

    `tree` has lists of pairs for path, query, header and cookie, and the content where there is any. `written_as` says how
    the content is written: json, form, multipart, or raw where it is none of them. `content_type` belongs to the content.
    """

    method: str
    fixed: tuple[str, ...]  # the URL without its query, and without the values of its path between these texts
    tree: dict[str, Any]
    written_as: str = "raw"
    content_type: str = ""

    @classmethod
    def of(cls, exchange: Exchange, template: str = "") -> "Parts":
        """Take the request of an exchange apart; with the template of its path, the values in there are parts too."""
        address, _, query = exchange.url.partition("#")[0].partition("?")
        fields = [(name, value) for name, value in exchange.request_headers if name.lower() not in NOT_OF_THE_REQUEST]
        named = {name.lower(): value for name, value in fields}
        fixed, values = path_values(address, template)
        tree: dict[str, Any] = {
            "path": values,
            "query": pairs_in(query, "&", "query"),
            "header": [
                Pair(name, value, "header")
                for name, value in fields
                if name.lower() not in ("cookie", CONTENT_TYPE) and (name.lower(), value) != ("accept", ANYTHING)
            ],
            "cookie": pairs_in(named.get("cookie", ""), "; ", "cookie"),
        }
        content_type = named.get(CONTENT_TYPE, "")
        body = exchange.request_body
        if not body:
            return cls(exchange.method, fixed, tree, "raw", "")
        written_as, content = content_of(body, content_type)
        return cls(exchange.method, fixed, {**tree, CONTENT: content}, written_as, content_type)

    def wire(self) -> Wire:
        """Return the request as it is sent."""
        query = "&".join(pair.written() for pair in self.tree["query"])
        headers = [(pair.name, pair.value or "") for pair in self.tree["header"]]
        if self.tree["cookie"]:
            headers.append(("Cookie", "; ".join(pair.written() for pair in self.tree["cookie"])))
        if CONTENT in self.tree and self.content_type:
            headers.append(("Content-Type", self.content_type))
        return Wire(self.method, f"{self.address}?{query}" if query else self.address, tuple(headers), self.body)

    @property
    def body(self) -> bytes:
        if CONTENT not in self.tree:
            return b""
        content = self.tree[CONTENT]
        if self.written_as == "json":
            return json.dumps(content).encode()
        if self.written_as == "form":
            return "&".join(pair.written() for pair in content).encode()
        if self.written_as == "multipart":
            boundary = boundary_of(self.content_type)
            return b"".join(b"--" + boundary + part for part in content) + b"--" + boundary + b"--\r\n"
        raw: bytes = content
        return raw

    @property
    def address(self) -> str:
        """The URL without its query."""
        values = [pair.value or "" for pair in self.tree["path"]]
        return "".join(text for both in itertools.zip_longest(self.fixed, values, fillvalue="") for text in both)

    @property
    def path(self) -> str:
        return urlsplit(self.address).path

    @property
    def segments(self) -> list[str]:
        """The segments of its path as they are read."""
        return [unquote(segment) for segment in self.path.split("/")]

    def named(self, place: str, name: str) -> list[Pair]:
        """Return the pairs of a name at a place; names of header fields know no case (RFC 9110, section 5.1)."""
        pairs: list[Pair] = self.tree[place]
        if place == "header":
            return [pair for pair in pairs if pair.name.lower() == name.lower()]
        return [pair for pair in pairs if pair.plain_name == name]

    @property
    def size(self) -> int:
        """How much it is to read."""
        sent = self.wire()
        return len(sent.url) + sum(len(name) + len(value) for name, value in sent.headers) + len(sent.body)

    def places(self, depth: int) -> list[Place]:
        """
        Return where the parts of a depth stand that can be left out.

        Pairs and the whole content are at the first, its members below. Without a value in its path it is another request.
        """
        if depth == 1:
            found: list[Place] = [
                (kind, number) for kind in ("query", "header", "cookie") for number in range(len(self.tree[kind]))
            ]
            return [*found, *([(CONTENT,)] if CONTENT in self.tree else [])]
        return [(CONTENT, *place) for place in places_in(self.tree.get(CONTENT), depth - 1)]

    @property
    def depth(self) -> int:
        """The depth of its deepest part."""
        return next(depth for depth in itertools.count(1) if not self.places(depth + 1))

    def count(self) -> int:
        """Return of how many parts it is made."""
        return sum(len(self.places(depth)) for depth in range(1, self.depth + 1))

    def without(self, places: Collection[Place]) -> "Parts":
        """Return it without the parts at these places."""
        return replace(self, tree=pruned(self.tree, list(places)))

    def values(self) -> Iterator[tuple[Place, Any]]:
        """Yield each value that stands in it, with its place."""
        for place, value in values_in(self.tree, ()):
            if not isinstance(value, Pair) or value.value is not None:
                yield place, value

    def with_value(self, place: Place, value: Any) -> "Parts":
        """Return it with another value at a place."""
        return replace(self, tree=put(self.tree, place, value))


def path_values(address: str, template: str) -> tuple[tuple[str, ...], list[Pair]]:
    """Return the texts of an address around the values in its path, and these; the path of a server stands before them."""
    names = re.findall(r"\{([^}]*)\}", template)
    literals = [re.escape(literal) for literal in re.split(r"\{[^}]*\}", template)]
    found = re.search("([^/]*)".join(literals) + "$", address) if names else None
    if found is None:
        return (address,), []
    ends = [0, *(end for number in range(1, len(names) + 1) for end in found.span(number)), len(address)]
    fixed = [address[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True)]
    return tuple(fixed), [Pair(name, value, "path") for name, value in zip(names, found.groups(), strict=True)]


def pairs_in(text: str, between: str, place: str) -> list[Pair]:
    """Return the pairs that are written one after the other."""
    found = []
    for written in filter(None, text.split(between)):
        name, equals, value = written.partition("=")
        found.append(Pair(name, value if equals else None, place))
    return found


def content_of(body: bytes, content_type: str) -> tuple[str, Any]:
    """Return how content is written, and what it is made of; what would not come out as it went in is kept as it is."""
    essence = essence_of(content_type)
    if is_json(essence):
        try:
            read = json.loads(body)
            is_the_same = json.loads(json.dumps(read, allow_nan=False)) == read and not repeated_names(body)
            if is_the_same and levels_of(read) <= MOST_LEVELS:
                return "json", read
        except (ValueError, RecursionError):
            pass
    if essence == URL_ENCODED and body.isascii():
        return "form", pairs_in(body.decode("ascii"), "&", CONTENT)
    if essence.startswith(FORM_DATA) and boundary_of(content_type):
        mark = b"--" + boundary_of(content_type)
        first, *parts = body.split(mark)
        if not first and len(parts) > 1 and parts[-1].strip() == b"--":
            return "multipart", parts[:-1]
    return "raw", body


def levels_of(node: Any) -> int:
    """Return how many objects and lists stand within each other at most."""
    levels, here = 0, [node]
    while here := [member for each in here for _, member in members_of(each)]:
        levels += 1
    return levels


def boundary_of(content_type: str) -> bytes:
    """Return what stands between the parts of a form (RFC 2046, section 5.1.1); empty where nothing is named."""
    return content_type.partition("boundary=")[2].partition(";")[0].strip().strip('"').encode("latin-1", "replace")


def members_of(node: Any) -> list[tuple[str | int, Any]]:
    """Return what stands directly in an object or a list, with its name or number."""
    if isinstance(node, dict):
        return list(node.items())
    return list(enumerate(node)) if isinstance(node, list) else []


def places_in(node: Any, depth: int) -> Iterator[Place]:
    for key, member in members_of(node):
        if depth == 1:
            yield (key,)
        else:
            yield from ((key, *place) for place in places_in(member, depth - 1))


def pruned(node: Any, places: Sequence[Place]) -> Any:
    """Return a tree without what stands at these places."""
    gone = {place[0] for place in places if len(place) == 1}
    deeper: dict[str | int, list[Place]] = defaultdict(list)
    for place in places:
        if len(place) > 1:
            deeper[place[0]].append(place[1:])
    kept = [(key, pruned(member, deeper[key])) for key, member in members_of(node) if key not in gone]
    if isinstance(node, dict):
        return dict(kept)
    return [member for _, member in kept] if isinstance(node, list) else node


def put(node: Any, place: Place, value: Any) -> Any:
    """Return a tree with another value at a place."""
    if not place:
        return value
    changed = [(key, put(member, place[1:], value) if key == place[0] else member) for key, member in members_of(node)]
    return dict(changed) if isinstance(node, dict) else [member for _, member in changed]


def values_in(node: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(node, dict | list):
        for key, member in members_of(node):
            yield from values_in(member, (*place, key))
    elif node is not None and not isinstance(node, bool | bytes):
        yield place, node
