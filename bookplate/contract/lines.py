"""Where things stand in a document: places (`file:line`), JSON pointers, and mistakes that name both."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class DocumentError(Exception):
    """Say where the document is wrong, and how to mend it, in one line."""


@dataclass(frozen=True)
class Mistake:
    """What is wrong at a place (`file:line`) of a document, and how to mend it, in one line; the rest can be read."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


def place(places: Mapping[str, str], pointer: str) -> str:
    """Return where a JSON pointer stands, or the nearest node above it that has a place; empty where none has."""
    while pointer and pointer not in places:
        pointer = pointer.rpartition("/")[0]
    return places.get(pointer, "")


def escape(key: str) -> str:
    """Return a key as a segment of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def written(parts: Iterable[str | int]) -> str:
    """Return keys and indexes as a JSON pointer."""
    return "".join(f"/{escape(str(part))}" for part in parts)
