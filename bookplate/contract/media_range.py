"""Media types and ranges of them, compared as RFC 9110 says (sections 8.3.1 and 12.5.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

# How content is coded and how much it is liked: neither makes it another media type.
BESIDE_THE_TYPE = ("charset", "q")


@dataclass(frozen=True)
class MediaRange:
    """A media type, or a range such as `*/*`, `application/*` or `application/*+json`; all of it in lower case."""

    type: str
    subtype: str
    parameters: Mapping[str, str]

    @classmethod
    def of(cls, text: str) -> "MediaRange":
        """Read a media type as it stands in a Content-Type field or as a key of `content`."""
        essence, *parameters = text.split(";")
        kind, _, subtype = essence.strip().lower().partition("/")
        pairs = (each.partition("=") for each in parameters)
        named = {name.strip().lower(): value.strip().strip('"').lower() for name, _, value in pairs}
        return cls(kind, subtype or "*", {name: value for name, value in named.items() if name not in BESIDE_THE_TYPE})

    def covers(self, other: "MediaRange") -> bool:
        """Tell whether a media type is one of this range; a parameter that only one of both has makes no difference."""
        if self.type not in ("*", other.type) or not self._covers_subtype(other.subtype):
            return False
        shared = self.parameters.keys() & other.parameters.keys()
        return all(self.parameters[name] == other.parameters[name] for name in shared)

    def _covers_subtype(self, subtype: str) -> bool:
        if self.subtype.startswith("*+"):
            return subtype.endswith(self.subtype[1:])
        return self.subtype in ("*", subtype)

    def specificity(self, other: "MediaRange") -> tuple[bool, bool, bool, int, int]:
        """Return how closely this range describes a media type that it covers; the more, the closer."""
        alike = sum(other.parameters.get(name) == value for name, value in self.parameters.items())
        named = (self.type != "*", self.subtype != "*", not self.subtype.startswith("*"))
        return (*named, alike, -len(self.parameters))


def most_specific(content: Mapping[str, T], content_type: str | None) -> T | None:
    """
    Return what `content` has for a Content-Type, by its most specific key (OpenAPI 3.0.3, section 4.7.13).

    None where no key covers it, or there is no Content-Type.
    """
    if not content_type:
        return None
    wanted = MediaRange.of(content_type)
    ranges = ((MediaRange.of(key), key) for key in content)
    covering = [(each.specificity(wanted), key) for each, key in ranges if each.covers(wanted)]
    if not covering:
        return None
    best = max(specificity for specificity, _ in covering)
    return content[next(key for specificity, key in covering if specificity == best)]


def is_covered(name: str, content_type: str | None) -> bool:
    """Tell whether a media type or range, as a document writes it, covers a Content-Type."""
    return most_specific({name: True}, content_type) is not None


def is_json(content_type: str | None) -> bool:
    """Tell whether content of a Content-Type is JSON (RFC 8259, section 11, and RFC 6839, section 3.1)."""
    return is_covered("application/json", content_type) or is_covered("application/*+json", content_type)
