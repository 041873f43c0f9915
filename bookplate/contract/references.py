"""
Makes one tree of a document: whatever a reference leads to stands in the tree, and every reference is a pointer into it.

References to other files, to `$id` and to anchors (JSON Schema 2020-12, section 8.2) become pointers, so that laws, the
generator and the service under test can all read the tree alone. Other files stand below `x-bookplate-files`.
"""

import copy
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urljoin

from .addresses import Elsewhere, canonical, is_address, location_of, name_of, url_of
from .content import MOST_NODES, Content
from .lines import DocumentError, Mistake, escape, place
from .pointer import look_up
from .reading import Fetch, read
from .structure import MAP_OF, REFERENCED, Item, items

FILES = "x-bookplate-files"
HOLE = "x-bookplate-hole"  # stands where a reference was not followed, with the reason
LEADS_NOWHERE = "leads nowhere"
LEADS_ELSEWHERE = "leads to another host, and is not followed"
IN_POINTERS = "/~!$&'()*+,;=:@"
NOT_CHECKED = "what it stands for is not checked"


@dataclass(frozen=True)
class Reference:
    """
    An object that refers to another by its `$ref` or `$dynamicRef`, and what is written there.

    Where it `is_mapping`, the object is the mapping of a discriminator, and the keyword is one of its words.
    """

    item: Item
    keyword: str
    written: str
    is_mapping: bool = False


class References:
    """
    The references of a document, which become pointers into one tree; `content` is that of its first file.

    `fetch` gets the other files, where it was read from a URL.

    `mistakes` tells the references that lead nowhere, `notices` those that nobody followed; a hole is left for each.
    """

    def __init__(self, content: Content, fetch: Fetch | None = None) -> None:
        self.content = content
        self.fetch = fetch
        self.raw: dict[str, Any] = content.value
        self.mistakes: list[Mistake] = []
        self.notices: list[Mistake] = []
        home = url_of(content.location)
        self.has_ids = not str(self.raw.get("openapi")).startswith("3.0")  # `$id` and anchors mean nothing in 3.0
        self.bases = {"": home}  # what references are relative to, by the pointer of the node where that begins
        self.names = {home: ""}  # the pointer to each resource, by its URL
        self.anchors: dict[tuple[str, str], str] = {}
        self.dynamic: Counter[str] = Counter()
        self.unread: dict[str, Exception] = {}  # why a file is not there, by its URL
        self.lost: Counter[str] = Counter()  # how many references to a file lead nowhere
        self.told: set[str] = set()  # of the files that are not there
        self.visited: dict[tuple[str, str], Item] = {}
        self.found: list[Reference] = []
        self.taken: list[Item] = []  # what references lead to outside of the structure of the document

    def close(self) -> None:
        """Follow every reference, read the files that they lead to, and make pointers of them all."""
        self.visit("document", "", self.raw)
        for reference in self.found:  # which grows on the way
            self.follow(reference)
        targets = [(each, self.target(each)) for each in self.found]
        self.lost.update(self.url(each) for each, target in targets if target is None and not each.is_mapping)
        for reference, target in targets:
            if reference.keyword in reference.item.node:
                self.rewrite(reference, target)
        for reference in self.found:
            self.refuse_circle(reference)
        for item in self.visited.values() if self.has_ids else ():
            if item.kind == "schema":
                item.node.pop("$id", None)  # pointers are relative to the root from here on
        self.put_path_items_in_place()

    # What is there.

    def visit(self, kind: str, pointer: str, node: Any) -> None:
        """Note the names and the references of an object and of all within it, once."""
        for item in items(kind, pointer, node):
            if (item.kind, item.pointer) not in self.visited:
                self.visited[item.kind, item.pointer] = item
                if self.has_ids:
                    self.note_names(item)
                self.note_references(item)

    def note_names(self, item: Item) -> None:
        """Note the URL and the anchors by which an object may be referred to."""
        own = item.node.get({"schema": "$id", "document": "$self"}.get(item.kind, ""))
        if isinstance(own, str) and is_address(own):
            url = canonical(urljoin(self.base(item.pointer), own))
            self.names.setdefault(url, item.pointer)
            if item.kind == "schema":
                self.bases[item.pointer] = url
        for keyword in ("$anchor", "$dynamicAnchor") if item.kind == "schema" else ():
            if isinstance(anchor := item.node.get(keyword), str):
                self.anchors.setdefault((self.base(item.pointer), anchor), item.pointer)
                self.dynamic[anchor] += keyword == "$dynamicAnchor"

    def note_references(self, item: Item) -> None:
        for keyword in ("$ref", "$dynamicRef") if item.kind == "schema" and self.has_ids else ("$ref",):
            written = item.node.get(keyword)
            if item.kind in REFERENCED and isinstance(written, str):
                self.note(Reference(item, keyword, written))
        for reference in self.mapped(item) if item.kind == "schema" else ():
            self.found.append(reference)

    def note(self, reference: Reference) -> None:
        """Note a reference; one that is written like no address leaves a hole."""
        if is_address(reference.written):
            self.found.append(reference)
        else:
            reference.item.node.pop(reference.keyword)
            self.leave_hole(reference, f"{reference.written} is no URL and no pointer: mend it")

    def mapped(self, item: Item) -> Iterator[Reference]:
        """
        Yield the references in the mapping of a schema's discriminator, which may be names of schemas too.

        A text that could be both is a name where a schema is called so (OpenAPI 3.1.1, section 4.8.25.3).
        """
        discriminator = item.node.get("discriminator")
        mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
        if not isinstance(mapping, dict):
            return
        pointer = f"{item.pointer}/discriminator/mapping"
        for word, target in mapping.items():
            is_name = look_up(self.raw, f"/components/schemas/{escape(str(target))}") is not None
            if isinstance(target, str) and not is_name and is_address(target):
                yield Reference(Item("schema", pointer, mapping), word, target, is_mapping=True)

    def base(self, pointer: str) -> str:
        """Return the URL that references in a node are relative to."""
        return place(self.bases, pointer)

    def file(self, pointer: str) -> str:
        """Return the URL of the file that a node stands in."""
        parts = pointer.split("/", 3)
        return self.bases["/".join(parts[:3]) if parts[1:2] == [FILES] else ""]

    # Where references lead.

    def follow(self, reference: Reference) -> None:
        """Read the file that a reference leads to, where it was not read before, and visit what it means there."""
        url = self.url(reference)
        if url not in self.names and url not in self.unread:
            self.add_file(url)
        target = self.target(reference)
        if target is not None and reference.item.kind.startswith(MAP_OF):
            self.put_map_in_place(reference.item, target)
            return
        if target is None or (reference.item.kind, target) in self.visited:
            return
        node = look_up(self.raw, target)
        self.visit(reference.item.kind, target, node)
        if isinstance(node, dict):
            self.taken.append(Item(reference.item.kind, target, node))

    def put_map_in_place(self, item: Item, target: str) -> None:
        """Copy to where it is used a map that OpenAPI has no reference for, and visit it there."""
        item.node.pop("$ref")
        found = look_up(self.raw, target)
        self.copy_places(target, item.pointer, sorted(self.content.places))
        item.node.update(copy.deepcopy(found) if isinstance(found, dict) else {})
        self.bases[item.pointer] = self.base(target)
        del self.visited[item.kind, item.pointer]
        self.visit(item.kind, item.pointer, item.node)

    def add_file(self, url: str) -> None:
        """Put a file into the tree, or note why it cannot be read."""
        try:
            content = read(location_of(url, self.content.location), self.fetch)
        except (DocumentError, Elsewhere) as problem:
            self.unread[url] = problem
            return
        name = name_of(url, self.content.location)
        pointer = f"/{FILES}/{escape(name)}"
        self.raw.setdefault(FILES, {})[name] = content.value
        self.content.places |= {pointer + each: where for each, where in content.places.items()}
        self.content.mistakes += content.mistakes
        self.names[url] = pointer
        self.bases[pointer] = url

    def target(self, reference: Reference) -> str | None:
        """Return the pointer to what a reference means; None where it means nothing."""
        pointer = reference.item.pointer
        for base in (self.base(pointer), self.file(pointer)):  # tools take `#/` for the file in spite of an $id
            url, fragment = urldefrag(urljoin(base, reference.written))
            found = self.pointer(canonical(url), unquote(fragment))
            if found is not None and look_up(self.raw, found) is not None:
                return found
        return None

    def pointer(self, url: str, fragment: str) -> str | None:
        """Return the pointer to a resource, to a node in it or to an anchor in it; None where the resource is unknown."""
        if fragment and not fragment.startswith("/"):
            return self.anchors.get((url, fragment))
        root = self.names.get(url)
        return None if root is None else root + fragment

    # What becomes of them.

    def rewrite(self, reference: Reference, target: str | None) -> None:
        """Make a pointer of a reference, or a hole where it leads nowhere."""
        node = reference.item.node
        if reference.is_mapping:
            if target is not None:
                node[reference.keyword] = pointer_to(target)
            return
        node.pop(reference.keyword, None)
        if target is None:
            is_elsewhere = isinstance(self.unread.get(self.url(reference)), Elsewhere)
            reason = LEADS_ELSEWHERE if is_elsewhere else LEADS_NOWHERE
            self.leave_hole(reference, self.remedy(reference), reason=reason)
        elif reference.keyword == "$dynamicRef" and self.dynamic[urldefrag(reference.written).fragment] > 1:
            text = f"{reference.written} may mean one of several anchors: {NOT_CHECKED}"
            self.notices.append(Mistake(self.where(reference), text))
        else:
            node["$ref"] = pointer_to(target)

    def remedy(self, reference: Reference) -> str:
        """
        Return why a reference leads nowhere, and what to do about it; empty where the document is not at fault.

        A file that is not there is told at the first reference to it, with their number.
        """
        url = self.url(reference)
        problem = self.unread.get(url)
        if problem is None:
            return f"{reference.written} points at nothing: define it or mend the name"
        if url in self.told:
            return ""
        self.told.add(url)
        count = f" ({self.lost[url]} references lead to that file)" if self.lost[url] > 1 else ""
        if isinstance(problem, DocumentError):
            return f"{reference.written} cannot be followed: {problem}{count}"
        self.notices.append(Mistake(self.where(reference), f"{reference.written} {problem}; {NOT_CHECKED}{count}"))
        return ""

    def url(self, reference: Reference) -> str:
        """Return the URL of the file that a reference leads to."""
        return canonical(urljoin(self.base(reference.item.pointer), reference.written))

    def leave_hole(self, reference: Reference, mistake: str, *, reason: str = LEADS_NOWHERE) -> None:
        """Let nothing be said where a reference stood, and tell the mistake."""
        reference.item.node[HOLE] = f"{reference.written} {reason}"
        if mistake:
            self.mistakes.append(Mistake(self.where(reference), mistake))

    def where(self, reference: Reference) -> str:
        pointer = f"{reference.item.pointer}/{reference.keyword}"
        return place(self.content.places, pointer) or f"{self.content.location}:1"

    def refuse_circle(self, reference: Reference) -> None:
        """Make a hole of a reference that leads back to itself by references alone."""
        node: Any = reference.item.node
        passed: set[int] = set()
        while id(node) not in passed:
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                return
            passed.add(id(node))
            node = look_up(self.raw, unquote(node["$ref"][1:]))
        if node is reference.item.node:
            node.pop("$ref")
            self.leave_hole(reference, f"{reference.written} refers to itself: point it at a definition")

    def put_path_items_in_place(self) -> None:
        """Copy each path item that is a reference to where it is used, beside what stands there already."""
        pointers = sorted(self.content.places)
        for holder in ("paths", "webhooks"):
            named = self.raw.get(holder)
            for path, node in named.items() if isinstance(named, dict) else ():
                while isinstance(node, dict) and isinstance(node.get("$ref"), str):
                    target = unquote(node.pop("$ref")[1:])
                    found = look_up(self.raw, target)
                    self.copy_places(target, f"/{holder}/{escape(path)}", pointers)
                    node |= copy.deepcopy({**found, **node}) if isinstance(found, dict) else {}

    def copy_places(self, old: str, new: str, pointers: list[str]) -> None:
        """
        Let what is copied have the place where it is written; `pointers` are those of the whole document, in order.

        References that make the document too large raise DocumentError.
        """
        copied = pointers_below(old, pointers)
        if len(self.content.places) + len(copied) > MOST_NODES:
            raise DocumentError(
                f"{self.content.location}:1: its references make more than {MOST_NODES:,} nodes: undo some"
            )
        for below in copied:
            self.content.places.setdefault(new + below, self.content.places[old + below])


def pointer_to(target: str) -> str:
    """Return a JSON pointer as a reference within a document."""
    return f"#{quote(target, safe=IN_POINTERS)}"


def pointers_below(pointer: str, pointers: list[str]) -> list[str]:
    """Return those of some pointers, which are in order, that lead below another one, from there on."""
    found = []
    for at in range(bisect_left(pointers, f"{pointer}/"), len(pointers)):
        if not pointers[at].startswith(f"{pointer}/"):
            break
        found.append(pointers[at][len(pointer) :])
    return found
