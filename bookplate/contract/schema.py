"""Schemas: what values an operation takes and gives."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema.exceptions import UnknownType, ValidationError
from referencing.exceptions import Unresolvable

from .dialects import judge_of
from .keywords import Keywords
from .lines import DocumentError
from .source import Source

UNIQUE = "x-unique"
LONGEST_VALUE = 60
# What comes of a schema that is none, which SPEC-01 tells, and of one that never ends: nobody can judge by it.
UNREADABLE = (
    *(UnknownType, Unresolvable, re.error),
    *(RecursionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
)
# What may stand beside a `$ref` and says nothing of a value.
WORDS = frozenset({"$ref", "summary", "description"})
# Keywords whose message names a member that is missing, and no value.
ABOUT_NAMES = ("required", "dependentRequired")


@dataclass(frozen=True)
class UniqueTerms:
    """No two items share this value; `equivalent` are two spellings of one value (`x-unique`)."""

    equivalent: tuple[str, str]


@dataclass(frozen=True)
class Discriminator:
    """
    A member whose value names the schema of the whole (OpenAPI 3.0.3, section 4.7.25, and 3.1, section 4.8.25).

    `mapping` has the schemas that it names in words of its own, by these words.
    """

    member: str
    mapping: Mapping[str, "Schema"]

    def value_for(self, schema: "Schema") -> str | None:
        """Return what names a schema: its word in the mapping, else its name in the document; None where it has neither."""
        mapped = next((word for word, each in self.mapping.items() if each == schema), None)
        return mapped or schema.name or None


def sentence(error: ValidationError) -> str:
    """Return where a value breaks a schema, and how; a long value is not repeated, which may hold a part of a secret."""
    written = repr(error.instance)
    said = error.message.replace(written, "the value" if len(written) > LONGEST_VALUE else as_json(error.instance), 1)
    if isinstance(error.validator_value, list) and len(error.validator_value) > 0:
        choices = ", ".join(map(as_json, error.validator_value))
        said = said.replace(repr(error.validator_value), choices, 1)
    return f"/{'/'.join(map(str, error.absolute_path))}: {said[:200]}"


def place_of(error: ValidationError) -> str:
    """Return where a value breaks a schema, the same for each item of a list."""
    return f"/{'/'.join('#' if isinstance(step, int) else str(step) for step in error.absolute_path)}"


def kind_of(error: ValidationError) -> str:
    """Return how a value breaks a schema: the keyword, and the name of the member where one is missing."""
    return f"breaks {error.validator}{f': {error.message}' if error.validator in ABOUT_NAMES else ''}"


def as_json(value: Any) -> str:
    """Return a value as JSON writes it, and not as Python does."""
    return json.dumps(value, ensure_ascii=False, default=str)


class Schema(Keywords):
    """
    What a value has to be (OpenAPI 3.0.3, section 4.7.24, and 3.1, section 4.8.24, Schema Object), references followed.

    Two schemas are equal if they are one node of the document: the same text at another place is another schema.
    """

    def __init__(self, source: Source, node: Any) -> None:
        super().__init__(source.resolve(node))
        self._source = source
        self._given = node

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self._node is other._node

    def __hash__(self) -> int:
        return id(self._node)

    def __repr__(self) -> str:
        return f"Schema({str(self._node)[:60]})"

    @property
    def name(self) -> str:
        """The last segment of the reference that led here, such as Book; empty where none did."""
        reference = self._given.get("$ref") if isinstance(self._given, dict) else None
        return reference.rpartition("/")[2] if isinstance(reference, str) else ""

    def says_the_same_as(self, other: "Schema") -> bool:
        """Tell whether another schema has the same text, at this place or at another."""
        return self == other or bool(self._node == other._node)

    def violations(self, value: Any, *, request: bool | None = False) -> list[str]:
        """
        Return what of a value breaks the schema, formats included, each as pointer and sentence.

        `request` says which way it travels: a request needs no readOnly member, and an answer no writeOnly one;
        3.0 refuses them there. Where it is None the value travels neither way, as an example of a whole object.
        A schema that is none, or that is a part of itself for the same value, refuses nothing: SPEC-01 tells of it.
        """
        try:
            return [sentence(error) for error in self._judge(request).iter_errors(value)]
        except UNREADABLE:
            return []

    def broken_by(self, value: Any) -> set[tuple[str, str]]:
        """
        Return where a value of a request breaks the schema, and by which keyword, without values and numbers of items.

        Where a member is missing, its name is told.
        """
        try:
            errors = list(self._judge(True).iter_errors(value))
        except UNREADABLE:
            return set()
        return {(place_of(error), kind_of(error)) for error in errors}

    def _judge(self, request: bool | None) -> Any:
        """Return the validator of values that travel one way, made once: thousands of answers are judged by it."""
        if request not in self._judges:
            # Beside it stands the whole document, since references lead to anywhere in it.
            rooted = {**self._source.raw, "allOf": [self._given]}
            judge, formats = judge_of(self._source.version, request=request)
            self._judges[request] = judge(rooted, format_checker=formats)
        return self._judges[request]

    @cached_property
    def _judges(self) -> dict[bool | None, Any]:
        return {}

    def allows(self, value: Any, *, request: bool = False) -> bool:
        """Tell whether nothing of a value breaks the schema."""
        return not self.violations(value, request=request)

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing, so that every value is good."""
        return not self._node

    @cached_property
    def is_known(self) -> bool:
        """Whether all of it was read: no part stands for a reference that led nowhere or to another host."""
        seen: set[int] = set()
        pending = [self._node]
        while pending:
            node = self._source.resolve(pending.pop())
            if self._source.is_hole(node):
                return False
            if id(node) not in seen and isinstance(node, dict | list):
                seen.add(id(node))
                pending += node.values() if isinstance(node, dict) else node
        return True

    # Objects and arrays.

    @cached_property
    def properties(self) -> Mapping[str, "Schema"]:
        """The members that an object may have, by name."""
        return self._by_name("properties")

    @cached_property
    def pattern_properties(self) -> Mapping[str, "Schema"]:
        """What members have to be whose names match a regular expression (`patternProperties`), by that expression."""
        return self._by_name("patternProperties")

    @property
    def additional_properties(self) -> "Schema | None":
        """What members have to be that are not named (`additionalProperties`); None where it does not say."""
        node = self._said("additionalProperties")
        return Schema(self._source, node) if isinstance(node, dict) else None

    @property
    def is_closed(self) -> bool:
        """Whether it refuses members that it does not name."""
        return self._said("additionalProperties") is False

    @property
    def property_names(self) -> "Schema | None":
        """What the name of each member has to be (`propertyNames`); None where it does not say."""
        return self._one("propertyNames")

    @cached_property
    def members(self) -> Mapping[str, "Schema"]:
        """The members that an object may have, by name, those of each schema in its `allOf` among them."""
        inherited = {name: member for part in self._parts[1:] for name, member in part.properties.items()}
        return {**inherited, **self.properties}

    @cached_property
    def required_members(self) -> tuple[str, ...]:
        """The names of the members that an object must have, as it or a schema in its `allOf` says."""
        return tuple(dict.fromkeys(name for part in self._parts for name in part.required))

    @cached_property
    def _parts(self) -> tuple["Schema", ...]:
        """It and each schema that holds with it by `allOf`, at any depth."""
        found: dict[Schema, None] = {}
        pending = [self]
        while pending:
            part = pending.pop(0)
            if part not in found:
                found[part] = None
                pending.extend(part.all_of)
        return tuple(found)

    @property
    def items(self) -> "Schema | None":
        """What each item of an array has to be; None where it does not say."""
        return self._one("items")

    @property
    def prefix_items(self) -> tuple["Schema", ...]:
        """What the first items of an array have to be, one after the other (`prefixItems`)."""
        return self._several("prefixItems")

    @property
    def contains(self) -> "Schema | None":
        """What some item of an array has to be (`contains`); None where it does not say."""
        return self._one("contains")

    # What holds where nothing is sent.

    @property
    def default(self) -> Any:
        """What holds where nothing is sent; what stands beside a reference counts before what it leads to."""
        beside = [part.default for part in self._beside_its_reference]
        return next((value for value in beside if value is not None), super().default)

    # Composition.

    @property
    def all_of(self) -> tuple["Schema", ...]:
        """The schemas that a value has to follow all together: `allOf`, and what 3.1 says beside a reference."""
        return (*self._several("allOf"), *self._beside_its_reference)

    @property
    def one_of(self) -> tuple["Schema", ...]:
        """The schemas of which a value follows exactly one (`oneOf`)."""
        return self._several("oneOf")

    @property
    def any_of(self) -> tuple["Schema", ...]:
        """The schemas of which a value follows one at least (`anyOf`)."""
        return self._several("anyOf")

    @property
    def conditions(self) -> tuple[tuple["Schema", ...], ...]:
        """The schemas of which a value follows one group: `if` with `then`, or `else`; none where it has no condition."""
        condition, then, otherwise = (self._one(key) for key in ("if", "then", "else"))
        if condition is None:
            return ()
        met = (condition, then) if then is not None else (condition,)
        return met, (otherwise,) if otherwise is not None else ()

    @cached_property
    def dependent_schemas(self) -> Mapping[str, "Schema"]:
        """The schemas that a value follows where it has a member (`dependentSchemas`), by the name of the member."""
        return self._by_name("dependentSchemas")

    @cached_property
    def discriminator(self) -> Discriminator | None:
        """The member whose value names the schema of the whole; None where there is none."""
        node = self._said("discriminator")
        if not (isinstance(node, dict) and isinstance(node.get("propertyName"), str)):
            return None
        named = node.get("mapping")
        pairs = named.items() if isinstance(named, dict) else ()
        mapped = {str(word): schema for word, target in pairs if (schema := self._mapped(str(target))) is not None}
        return Discriminator(node["propertyName"], mapped)

    def _mapped(self, target: str) -> "Schema | None":
        """
        Return what a mapping leads to: a reference, or the name of a schema (OpenAPI 3.0.3, section 4.7.25).

        None where nothing stands there: what it names may be a schema of somebody else's.
        """
        is_reference = any(mark in target for mark in "#/")
        try:
            return Schema(self._source, {"$ref": target if is_reference else f"#/components/schemas/{target}"})
        except DocumentError:
            return None

    @cached_property
    def _beside_its_reference(self) -> tuple["Schema", ...]:
        """What stands beside the reference that led here; in 3.0 that says nothing (section 4.7.23.1)."""
        if self._given is self._node or not isinstance(self._given, dict) or self._source.version == "3.0":
            return ()
        beside = {keyword: value for keyword, value in self._given.items() if keyword not in WORDS}
        return (Schema(self._source, beside),) if beside else ()

    @property
    def description(self) -> str:
        """What the document says of it in words; empty where it says nothing."""
        said = self._said("description")
        return said if isinstance(said, str) else ""

    @property
    def pointer(self) -> str:
        """Where it stands in the document; empty where it is no part of it."""
        return self._source.pointer_of(self._node)

    # Values that no two items share.

    @cached_property
    def unique(self) -> UniqueTerms | None:
        """What `x-unique` says; None where two items may share the value, or where the key has another form than ours."""
        if not self._says(UNIQUE):
            return None
        shown = self._node[UNIQUE].get("equivalent") if isinstance(self._node[UNIQUE], dict) else None
        if not (isinstance(shown, list) and len(shown) == 2 and all(isinstance(each, str) for each in shown)):
            place = self._source.where_is(self._node, UNIQUE)
            remedy = "write x-unique: {equivalent: [a@b.c, A@b.c]}"
            self._source.notice(f"{place}: its x-unique shows no two spellings: {remedy}")
            return None
        return UniqueTerms((shown[0], shown[1]))

    @property
    def is_unique(self) -> bool:
        """Whether no two items may share the value."""
        return self.unique is not None

    @property
    def equivalent(self) -> tuple[str, str]:
        """Two spellings of one value that no two items share; LookupError where two items may share it."""
        if self.unique is None:
            raise LookupError(f"{self} has no x-unique, and so no equivalent spellings")
        return self.unique.equivalent

    def _one(self, keyword: str) -> "Schema | None":
        node = self._said(keyword)
        return Schema(self._source, node) if isinstance(node, dict | bool) else None

    def _several(self, keyword: str) -> tuple["Schema", ...]:
        return tuple(Schema(self._source, node) for node in self._listed(keyword))

    def _by_name(self, keyword: str) -> Mapping[str, "Schema"]:
        named = self._said(keyword)
        return {name: Schema(self._source, node) for name, node in named.items()} if isinstance(named, dict) else {}


def member_at(schema: Schema | None, pointer: str) -> Schema | None:
    """Return the schema of the member that a pointer into the content leads to; None where nothing describes it."""
    for name in pointer.split("/")[1:]:
        schema = schema.properties.get(name) if schema is not None else None
    return schema
