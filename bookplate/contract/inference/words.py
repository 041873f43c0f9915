"""Names as they are compared: `per_page`, `perPage` and `per-page` are one, and so are a word and its plural."""

import re
from collections.abc import Iterable

from ..item_keys import plain

__all__ = ["plain", "segments", "singular", "words_of"]


def segments(path: str) -> list[str]:
    """Return the segments of a path that are no parameters."""
    return [part for part in path.split("/") if part and not part.startswith("{")]


def words_of(name: str) -> list[str]:
    """Return the words of a name in lower case: `createdBy` and `created_by` are created, by."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return re.findall(r"[a-z0-9]+", parted.lower())


def singular(name: str) -> str:
    """Return a word without the ending of its plural."""
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def first_in(names: Iterable[str], wanted: Iterable[str]) -> str | None:
    """Return the name that comes first among the wanted ones, however it is spelt; None where there is none."""
    spelt: dict[str, str] = {}
    for name in names:
        spelt.setdefault(plain(name), name)
    return next((spelt[each] for each in wanted if each in spelt), None)
