"""The entries of openapi/promises: what is promised, where, and which laws with which faults hold it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "openapi" / "promises"
SENTENCES, KEYS, STANDARDS = FOLDER / "sentences.yaml", FOLDER / "keys.yaml", FOLDER / "standards"
HELD, PARTLY, UNCHECKED, NOTHING = "held", "partly", "unchecked", "nothing"


@dataclass(frozen=True)
class Entry:
    """
    A promise: its `id`, what it `says`, and `places`, which are JSON pointers into the contract or a section of a standard.

    `laws` has for each law the names of the faults that it finds where the promise is broken. `partly` is what these laws
    leave open, `unchecked` why there are none, and `nothing` why the words promise nothing; they are empty where they do
    not apply.
    """

    id: str
    says: str
    places: tuple[str, ...] = ()
    laws: Mapping[str, Sequence[str]] = field(default_factory=dict)
    partly: str = ""
    unchecked: str = ""
    nothing: str = ""

    @property
    def state(self) -> str:
        """Say whether it is held by a law with a fault, held partly, unchecked, or promises nothing."""
        if self.nothing:
            return NOTHING
        if self.unchecked or not any(self.laws.values()):
            return UNCHECKED
        return PARTLY if self.partly else HELD


@dataclass(frozen=True)
class Standard:
    """What a standard that the contract names demands of a server, as far as a client can see it."""

    name: str
    entries: tuple[Entry, ...]


@cache
def sentences_of_the_contract() -> tuple[Entry, ...]:
    return tuple(entry(each) for each in read(SENTENCES))


@cache
def keys_of_the_contract() -> tuple[Entry, ...]:
    return tuple(entry(each) for each in read(KEYS))


@cache
def standards() -> tuple[Standard, ...]:
    """Return the standards in the order of their files."""
    found = [(path, read(path)) for path in sorted(STANDARDS.glob("*.yaml"))]
    return tuple(Standard(raw["standard"], tuple(entry(each) for each in raw["demands"])) for _, raw in found)


def all_entries() -> Iterator[Entry]:
    """Yield every entry: sentences, kinds of keys, and demands of standards."""
    yield from sentences_of_the_contract()
    yield from keys_of_the_contract()
    for standard in standards():
        yield from standard.entries


def entry(raw: Mapping[str, Any]) -> Entry:
    """Return an entry as it is written; ValueError where it does not say exactly one thing of its state."""
    named = {name: raw[name] for name in ("laws", "partly", "unchecked", "nothing") if name in raw}
    label = raw.get("id") or raw["key"]
    if ("laws" in named) + ("unchecked" in named) + ("nothing" in named) != 1 or (
        "partly" in named and "laws" not in named
    ):
        raise ValueError(f"{label}: write laws (and partly), or unchecked, or nothing")
    at = raw.get("at", raw.get("section", ()))
    return Entry(label, raw.get("says", label), (at,) if isinstance(at, str) else tuple(map(str, at)), **named)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
