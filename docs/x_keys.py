"""The page of the extension keys: their schema says what they mean, and the laws say what they switch on."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from bookplate.contract.document import Document
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.law import Law

ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "openapi" / "x-keys.schema.json"
EXAMPLES = ROOT / "docs" / "x-keys.yaml"
PLACES = {
    "root": "the root of the document",
    "tag": "a tag",
    "operation": "an operation",
    "property": "a property of a schema",
}
Node = Mapping[str, Any]


class Keys:
    """The extension keys as their schema has them, with examples and laws."""

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]
        self.examples: Node = yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))
        self.catalogue = Catalogue.shipped()

    def page(self, generated: str) -> str:
        """Return the whole page."""
        lines = [
            "# The extension keys",
            "",
            generated,
            "What OpenAPI has no words for is said by these keys. All of them are optional: without a key, its laws apply",
            "only where [something else shows](inference.md) what it would have said, and warn. An",
            "[overlay](how-to/check-your-own-service.md) holds them where the document is not yours to edit.",
            "",
            "The examples belong to [one document](x-keys.yaml), and the form of all keys is",
            "[x-keys.schema.json](../openapi/x-keys.schema.json). Laid beside your document, it lets SPEC-01 find",
            "misspelt keys.",
            "",
        ]
        for key in self.names():
            lines += self.section(key)
        return "\n".join(lines)

    def names(self) -> list[str]:
        """Return the name of each key, in the order of the alphabet."""
        return sorted({key for place in PLACES for key in self.definitions[place]["properties"]})

    def section(self, key: str) -> Iterator[str]:
        """Yield the lines about one key."""
        yield from (f"## {key}", "")
        for place in (place for place in PLACES if key in self.definitions[place]["properties"]):
            node = self.resolved(self.definitions[place]["properties"][key])
            yield from (f"**On {PLACES[place]}.** {node.get('description', '')}".rstrip(), "")
            yield from ("```yaml", example(self.examples, place, key), "```", "")
            rows = [*self.members(node)]
            if rows:
                yield from ("| member | form | meaning |", "|---|---|---|", *rows, "")
        yield f"{self.switched(key)}\n"

    def resolved(self, node: Node) -> Node:
        """Return a node of the schema with what it refers to; its own words come first."""
        if "$ref" not in node:
            return node
        referred = self.resolved(self.definitions[node["$ref"].rpartition("/")[2]])
        return {**referred, **{name: value for name, value in node.items() if name != "$ref"}}

    def members(self, node: Node, path: str = "") -> Iterator[str]:
        """Yield a row of the table for each member below a key, at any depth; one that several styles have stands once."""
        by_name: dict[str, list[Node]] = {}
        for name, member in self.inner(node):
            by_name.setdefault(name, []).append(member)
        for name, members in by_name.items():
            where = f"{path}.{name}".lstrip(".")
            if name != "NAME" or "description" in members[0]:
                yield row(where, members)
            yield from self.members(members[0], where)

    def inner(self, node: Node) -> Iterator[tuple[str, Node]]:
        """Yield what stands directly below a node: members, what any name leads to, and what each item of a list is."""
        for choice in map(self.resolved, node.get("oneOf", [])):
            yield from self.inner(choice)
        for name, member in node.get("properties", {}).items():
            yield name, self.resolved(member)
        if isinstance(node.get("additionalProperties"), dict):
            yield "NAME", self.resolved(node["additionalProperties"])
        if isinstance(node.get("items"), dict):
            yield from self.inner(self.resolved(node["items"]))

    def switched(self, key: str) -> str:
        """Return the laws that a key switches on, in words."""
        laws = self.switched_on(key)
        if not laws:
            return "It switches no law on, and is read by those that apply anyway."
        return f"**Laws that it switches on:** {', '.join(linked(law) for law in laws)}."

    def switched_on(self, key: str) -> list[Law]:
        """Return the laws that apply to fewer operations of the reference or of the examples without a key, or name it."""
        changed = {
            law.id for whole, without in self.compared(key) for law in self.catalogue if lost(law, whole, without)
        }
        return [law for law in self.catalogue if law.id in changed or re.search(rf"{key}\b(?!-)", law.source)]

    def compared(self, key: str) -> Iterator[tuple[Document, Document]]:
        """Yield documents with and without a key."""
        for whole in self.documents:
            with TemporaryDirectory() as folder:
                path = Path(folder) / "openapi.yaml"
                path.write_text(yaml.safe_dump(without(whole.plain(), key), sort_keys=False), encoding="utf-8")
                bare = Document.load(path)
                _ = bare.operations
            yield whole, bare

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        return tuple(Document.load(path) for path in (ROOT / "openapi" / "openapi.yaml", EXAMPLES))


def row(where: str, members: list[Node]) -> str:
    """Return the row of a member, which may be of another form in each of several styles."""
    forms = dict.fromkeys(form(member) for member in members)
    meaning = members[0].get("description", "").replace("|", "\\|")
    return f"| `{where}` | {', '.join(forms)} | {meaning} |"


def lost(law: Law, whole: Document, bare: Document) -> bool:
    """Return whether a law applies to an operation of a document, and not, or only by a guess, to that without a key."""
    here = {operation.id for operation in whole.operations if law.applies(operation)}
    sure = {operation.id for operation in bare.operations if law.applies(operation) and not law.guesses_at(operation)}
    return bool(here - sure)


def without(node: Any, key: str) -> Any:
    """Return a node with no such key anywhere in it."""
    if isinstance(node, dict):
        return {name: without(value, key) for name, value in node.items() if name != key}
    return [without(value, key) for value in node] if isinstance(node, list) else node


def example(document: Node, place: str, key: str) -> str:
    """Return the longest example of a key at a kind of place, as YAML, with the operation that has it."""
    texts = []
    for holder in holders(document, place):
        if key in holder:
            text = yaml.safe_dump({key: holder[key]}, sort_keys=False, default_flow_style=None, width=90)
            about = f"# at {holder['operationId']}\n" if place == "operation" else ""
            texts.append(about + text.rstrip())
    return max(texts, key=len)


def holders(document: Node, place: str) -> Iterator[Node]:
    """Yield what may have a key at a kind of place."""
    if place == "root":
        yield document
    elif place == "tag":
        yield from document["tags"]
    elif place == "operation":
        yield from (one for item in document["paths"].values() for one in item.values() if "responses" in one)
    else:
        yield from nodes(document)


def nodes(node: Any) -> Iterator[Node]:
    """Yield every object of a document."""
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(inner)


def form(member: Node) -> str:
    """Return what a member may be, in a few words."""
    if "oneOf" in member:
        return " or ".join(dict.fromkeys(form(choice) for choice in member["oneOf"]))
    if "const" in member:
        return f"`{member['const']}`"
    if "enum" in member:
        return ", ".join(f"`{value}`" for value in member["enum"])
    words = {"integer": "a number", "string": "text", "array": "a list", "object": "an object"}
    return words.get(member.get("type", ""), "a reference" if "$ref" in member else "any")


def linked(law: Law) -> str:
    """Return a link to the page of a law, or to its entry on the page of all laws."""
    if (ROOT / "docs" / "rules" / f"{law.id}.md").exists():
        return f"[{law.id}](rules/{law.id}.md)"
    return f"[{law.id}](rules.md#{law.id.lower()})"
