"""Whether the extension keys of a document follow their schema, where its author has put that beside it."""

import json
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Any

from jsonschema import Draft202012Validator

from .consistency import raw_operations
from .document import Document
from .lines import escape, written
from .schema import UNIQUE

KEYS = "x-keys.schema.json"
NEARLY = 0.9  # of the letters of two names are the same


def invalid_keys(document: Document) -> Iterator[tuple[str, str]]:
    """
    Yield what breaks the schema of the extension keys, if the file lies beside the document.

    Keys of other tools are left alone. A name that is nearly one of ours is taken for a misspelt one.
    """
    path = document.beside(KEYS)
    if path is None:
        return
    kinds = json.loads(path.read_text(encoding="utf-8"))["$defs"]
    for kind, pointer, node in holders_of_keys(document):
        validator = Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": kinds})
        for error in validator.iter_errors(node):
            yield pointer + written(error.absolute_path), error.message[:300]
        for key in node:
            if remedy := misplaced(key, kind, kinds):
                yield f"{pointer}/{escape(key)}", f"{key} means nothing here: {remedy}"


def misplaced(key: str, kind: str, kinds: dict[str, Any]) -> str:
    """Return what to do about a key of ours that stands where it means nothing, or about one that is misspelt."""
    here = kinds[kind].get("properties", {})
    ours = names_of(kinds)
    if not key.startswith("x-") or key in here:
        return ""
    if key in ours:
        return "move it to where it has a meaning"
    nearest = get_close_matches(key, ours, 1, NEARLY)
    return f"write {nearest[0]}" if nearest else ""


def names_of(kinds: dict[str, Any]) -> Collection[str]:
    """Return the names of all extension keys that the schema knows."""
    holders = ("root", "tag", "operation", "property")
    return {name for holder in holders for name in kinds.get(holder, {}).get("properties", {})}


def holders_of_keys(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the nodes that may have extension keys: the kind of each, its pointer and itself."""
    yield "root", "", document.source.raw
    for _, pointer, operation, _ in raw_operations(document):
        yield "operation", pointer, operation
    for item in document.source.items:
        if item.kind == "tag":
            yield "tag", item.pointer, item.node
        elif item.kind == "schema" and UNIQUE in item.node:
            yield "property", item.pointer, item.node
