"""The kinds of key of an OpenAPI document: each key by what it says something of, with the places where it stands."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .sentences import escaped

# Keys whose value makes a kind of its own, as each value is another promise.
TELLING = frozenset({"format", "style", "by", "counts", "is", "role", "allow", "refusal"})
# Below these keys stand names of things, not further keys; what a name stands for is read on.
NAMED = frozenset({"policies", "keys", "filters", "properties"})
# What their values say is data: `limit` is the number of each tier, `example` an example.
DATA = frozenset({"example", "examples", "limit", "equivalent", "default", "enum", "required", "scopes", "begins"})
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

Kinds = Iterator[tuple[str, str]]


def kinds(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return each kind of key, such as `answer content: maxLength`, with the JSON pointers where a key of it stands."""
    found: dict[str, list[str]] = {}
    for kind, pointer in Reader(document).read():
        places = found.setdefault(kind, [])
        if pointer not in places:
            places.append(pointer)
    return found


class Reader:
    """Goes through a document from its operations on, by way of its references, and yields each key with its kind."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.seen: set[tuple[str, str]] = set()

    def read(self) -> Kinds:
        for name, value in self.document.items():
            yield from self.key("document", name, value, "")
        yield from self.keys("document: info", self.document["info"], "/info")
        for number, server in enumerate(self.document.get("servers", [])):
            yield from self.keys("document: servers", server, f"/servers/{number}")
        for number, tag in enumerate(self.document.get("tags", [])):
            yield from self.keys("tag", tag, f"/tags/{number}")
        for name, scheme in self.document["components"].get("securitySchemes", {}).items():
            yield from self.keys("security scheme", scheme, f"/components/securitySchemes/{name}")
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield from self.operation(item[method], f"/paths/{escaped(path)}/{method}")

    def operation(self, operation: Mapping[str, Any], pointer: str) -> Kinds:
        yield from self.keys("operation", operation, pointer)
        for number, parameter in enumerate(operation.get("parameters", [])):
            yield from self.referred("parameter", parameter, f"{pointer}/parameters/{number}", self.typed)
        if "requestBody" in operation:
            yield from self.referred("request content", operation["requestBody"], f"{pointer}/requestBody", self.body)
        for status, response in operation.get("responses", {}).items():
            yield from self.referred("answer", response, f"{pointer}/responses/{status}", self.response)

    def response(self, kind: str, response: Mapping[str, Any], pointer: str) -> Kinds:
        yield from self.keys("answer", response, pointer)
        for name, header in response.get("headers", {}).items():
            yield from self.referred("header", header, f"{pointer}/headers/{escaped(name)}", self.typed)
        for name, link in response.get("links", {}).items():
            yield from self.referred("link", link, f"{pointer}/links/{escaped(name)}", self.keys)
        yield from self.contents("answer content", response, pointer)

    def body(self, kind: str, body: Mapping[str, Any], pointer: str) -> Kinds:
        yield from self.keys(kind, {name: each for name, each in body.items() if name != "content"}, pointer)
        yield from self.contents(kind, body, pointer)

    def contents(self, kind: str, holder: Mapping[str, Any], pointer: str) -> Kinds:
        for media_type, media in holder.get("content", {}).items():
            place = f"{pointer}/content/{escaped(media_type)}"
            yield f"{kind}: {media_type}", place
            yield from self.schema(kind, media.get("schema", {}), f"{place}/schema")

    def typed(self, kind: str, holder: Mapping[str, Any], pointer: str) -> Kinds:
        """Read a parameter or a header: its own keys, and those of its schema."""
        yield from self.keys(kind, holder, pointer)
        yield from self.schema(kind, holder.get("schema", {}), f"{pointer}/schema")

    def schema(self, kind: str, schema: Mapping[str, Any], pointer: str) -> Kinds:
        yield from self.referred(kind, schema, pointer, self.whole_schema)

    def whole_schema(self, kind: str, schema: Mapping[str, Any], pointer: str) -> Kinds:
        for name, value in schema.items():
            yield from self.key(kind, name, value, pointer)
            for number, each in enumerate(value) if name == "oneOf" else ():
                yield from self.schema(kind, each, f"{pointer}/oneOf/{number}")
            for member, each in value.items() if name == "properties" else ():
                yield from self.schema(kind, each, f"{pointer}/properties/{member}")
        if "items" in schema:
            yield from self.schema(kind, schema["items"], f"{pointer}/items")

    def referred(
        self, kind: str, node: Mapping[str, Any], pointer: str, read: Callable[[str, Any, str], Kinds]
    ) -> Kinds:
        """Read a node that may be a reference; what several refer to is read once."""
        if "$ref" in node:
            pointer = node["$ref"].removeprefix("#")
            node = self.found(pointer)
            if (kind, pointer) in self.seen:
                return
            self.seen.add((kind, pointer))
        yield from read(kind, node, pointer)

    def found(self, pointer: str) -> Any:
        node: Any = self.document
        for step in pointer.strip("/").split("/"):
            node = node[step.replace("~1", "/").replace("~0", "~")]
        return node

    def keys(self, kind: str, node: Mapping[str, Any], pointer: str) -> Kinds:
        for name, value in node.items():
            yield from self.key(kind, name, value, pointer)

    def key(self, kind: str, name: str, value: Any, pointer: str) -> Kinds:
        """Yield a key; of an extension key each member, and where the value tells more than its form, with the value."""
        place = f"{pointer}/{escaped(name)}"
        if name.startswith("x-"):
            yield from extension(f"{kind}: {name}", name, value, place)
        elif name in TELLING and isinstance(value, str):
            yield f"{kind}: {name} {value}", place
        elif name == "security" and not value:
            yield f"{kind}: {name} []", place
        else:
            yield f"{kind}: {name}", place


def extension(kind: str, name: str, value: Any, pointer: str) -> Kinds:
    """Yield an extension key with all that stands in it."""
    if name in TELLING:
        for each in value if isinstance(value, list) else [value]:
            yield f"{kind} {each}", pointer
    elif isinstance(value, dict) and name not in DATA:
        if name.startswith("x-"):
            yield kind, pointer
        for member, inner in value.items():
            step = "*" if name in NAMED else member
            yield from extension(f"{kind}.{step}", step, inner, f"{pointer}/{escaped(member)}")
    elif isinstance(value, list) and not value:
        yield f"{kind} []", pointer
    else:
        yield kind, pointer
