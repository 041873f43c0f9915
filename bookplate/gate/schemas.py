"""What specshift does not see: null, new limits of a value, closed objects, media types."""

from collections.abc import Iterator
from typing import Any

from ..contract.document import Document
from ..contract.place import Place
from .finding import Finding
from .pairs import Pair, pairs

NARROWING = (
    "type", "enum", "format", "multipleOf", "uniqueItems",
    "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
)  # fmt: skip
SENT, RECEIVED = "sent", "received"


def compare_schemas(old: Document, new: Document) -> Iterator[Finding]:
    """Yield what became narrower in requests and what became wider in answers."""
    for pair in pairs(old, new):
        yield from compare_parameters(pair)
        yield from compare_content(pair, ("requestBody",), SENT)
        for status in pair.new.responses:
            yield from compare_content(pair, ("responses", status), RECEIVED)


def compare_parameters(pair: Pair) -> Iterator[Finding]:
    kept = {(parameter.name, parameter.place) for parameter in pair.new.parameters}
    for parameter in pair.old.parameters:
        name = parameter.name
        before, after = pair.before.parameter(name), pair.after.parameter(name)
        if (name, parameter.place) not in kept:
            if parameter.place == "query":
                yield pair.breaking(f"query parameter {name} is gone, and an unknown one is refused", "parameters")
        elif before is not None and after is not None:
            yield from Walk(pair, SENT).compare(before.schema(), after.schema())


def compare_content(pair: Pair, keys: tuple[str, ...], way: str) -> Iterator[Finding]:
    before, after = pair.before.below(*keys, "content"), pair.after.below(*keys, "content")
    if before is None or after is None:
        return
    offered = after.members()
    for media, place in before.members().items():
        if media not in offered:
            yield pair.breaking(f"media type {media} is {'taken' if way == SENT else 'given'} no more", at=after)
        elif place.below("schema") is not None:
            yield from Walk(pair, way).compare(place.schema(), offered[media].schema())


class Walk:
    """One walk through two schemas side by side, in the direction that their content travels."""

    def __init__(self, pair: Pair, way: str) -> None:
        self.pair = pair
        self.way = way
        self.met: set[tuple[str, str]] = set()

    def compare(self, before: Place, after: Place) -> Iterator[Finding]:
        if (before.pointer, after.pointer) in self.met or not isinstance(before.value, dict):
            return
        self.met.add((before.pointer, after.pointer))
        yield from self.narrowed(before, after) if self.way == SENT else self.widened(before, after)
        for name, child in properties(before).items():
            if name in properties(after):
                yield from self.compare(child, properties(after)[name])
        item, new_item = before.below("items"), after.below("items")
        if item is not None and new_item is not None:
            yield from self.compare(item, new_item)

    def narrowed(self, before: Place, after: Place) -> Iterator[Finding]:
        old, new = before.value, after.value
        if takes_null(old) and not takes_null(new):
            yield self.pair.breaking("null is refused now", at=after)
        if takes_null(new) and not takes_null(old):
            yield self.pair.compatible("null is accepted now", at=after)
        for keyword in NARROWING:
            if keyword in new and keyword not in old and not harmless(keyword, new):
                yield self.pair.breaking(f"{keyword} {new[keyword]} is new: less is accepted than before", at=after)
        if new.get("additionalProperties") is False:
            for name in properties(before).keys() - properties(after).keys():
                yield self.pair.breaking(f"field {name} is gone, and an unknown one is refused", at=after)

    def widened(self, before: Place, after: Place) -> Iterator[Finding]:
        old, new = before.value, after.value
        if takes_null(new) and not takes_null(old):
            yield self.pair.breaking("it may be null now", at=after)
        if takes_null(old) and not takes_null(new):
            yield self.pair.compatible("it is never null now", at=after)
        for keyword in ("type", "enum"):
            if keyword in old and keyword not in new:
                yield self.pair.breaking(f"{keyword} is gone: it may be anything now", at=after)


def takes_null(schema: Any) -> bool:
    """Return whether a schema says that null fits, as OpenAPI 3.0 (nullable) or 3.1 (a list of types) does."""
    types = schema.get("type")
    return bool(schema.get("nullable")) or (isinstance(types, list) and "null" in types)


def harmless(keyword: str, schema: Any) -> bool:
    """Return whether a keyword restricts nothing, as the format int32 or int64 of an integer, whose bounds say more."""
    return keyword == "format" and schema.get("type") != "string"


def properties(schema: Place) -> dict[str, Place]:
    declared = schema.below("properties")
    return {} if declared is None else declared.members()
