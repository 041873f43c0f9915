"""Schemas: what values an operation takes and gives."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import openapi_schema_validator as validators
from jsonschema.exceptions import UnknownType
from referencing.exceptions import Unresolvable

from .source import Source

UNIQUE = "x-unique"
# What comes of a schema that is none, which SPEC-01 tells, and of one that never ends: nobody can judge by it.
UNREADABLE = (
    *(UnknownType, Unresolvable, re.error),
    *(RecursionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
)


@dataclass(frozen=True)
class UniqueTerms:
    """No two items share this value; `equivalent` are two spellings of one value (`x-unique`)."""

    equivalent: tuple[str, str]


class Schema:
    """
    What a value has to be (OpenAPI 3.0.3, section 4.7.24, and 3.1, section 4.8.24, Schema Object), references followed.

    Two schemas are equal if they are one node of the document: the same text at another place is another schema.
    """

    def __init__(self, source: Source, node: Any) -> None:
        self._source = source
        self._node = source.resolve(node)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self._node is other._node

    def __hash__(self) -> int:
        return id(self._node)

    def __repr__(self) -> str:
        return f"Schema({str(self._node)[:60]})"

    def says_the_same_as(self, other: "Schema") -> bool:
        """Tell whether another schema has the same text, at this place or at another."""
        return self == other or bool(self._node == other._node)

    def violations(self, value: Any, *, request: bool = False) -> list[str]:
        """
        Return what of a value breaks the schema, formats included, each as pointer and sentence.

        `request` says which way it travels: there readOnly members are refused, and writeOnly ones in answers (3.0).
        """
        rooted = {**self._source.raw, "allOf": [self._node]}  # references may lead to any place of the document
        judge, formats = validators.OAS31Validator, validators.oas31_format_checker
        if self._source.version == "3.0":
            judge = validators.OAS30WriteValidator if request else validators.OAS30ReadValidator
            formats = validators.oas30_format_checker
        found = judge(rooted, format_checker=formats).iter_errors(value)
        try:
            return [f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found]
        except UNREADABLE:
            return []

    def allows(self, value: Any, *, request: bool = False) -> bool:
        """Tell whether nothing of a value breaks the schema."""
        return not self.violations(value, request=request)

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing, so that every value is good."""
        return not self._node

    @property
    def types(self) -> tuple[str, ...]:
        """The types that it names; none where it allows each. A `nullable` of 3.0 is not among them."""
        named = self._said("type")
        return tuple(map(str, named)) if isinstance(named, list) else () if named is None else (str(named),)

    @property
    def type(self) -> str | None:
        """The first type that it names beside null; `null` where that is all, None where it names none."""
        return next((each for each in self.types if each != "null"), self.types[0] if self.types else None)

    @property
    def format(self) -> str | None:
        """What the text or the number means, such as email (`format`)."""
        named = self._said("format")
        return None if named is None else str(named)

    @property
    def is_free_text(self) -> bool:
        """Whether it takes text that is neither one of a few values nor of a format."""
        return self.type == "string" and not self.enum and self.format is None

    @property
    def enum(self) -> tuple[Any, ...]:
        """The values that it allows alone; none where it does not list them."""
        return tuple(self._said("enum") or ())

    @property
    def default(self) -> Any:
        """What holds where nothing is sent; None where it says nothing of that."""
        return self._said("default")

    @property
    def example(self) -> Any:
        """The first example that it gives; None where it gives none."""
        return next(iter((*self._listed("examples"), self._said("example"))), None)

    @property
    def named_values(self) -> tuple[Any, ...]:
        """The valid values that it names: its examples, its constant and its default, in this order; null may be one."""
        return (
            *self._listed("examples"),
            *(self._node[key] for key in ("const", "example", "default") if self._says(key)),
        )

    @property
    def minimum(self) -> float | None:
        """The least number (`minimum`); None where there is none."""
        return self._number("minimum")

    @property
    def maximum(self) -> float | None:
        """The largest number (`maximum`); None where there is none."""
        return self._number("maximum")

    @property
    def min_length(self) -> int | None:
        """How many characters a text has at least (`minLength`); None where it does not say."""
        return self._count("minLength")

    @property
    def min_items(self) -> int | None:
        """How many items an array has at least (`minItems`); None where it does not say."""
        return self._count("minItems")

    @property
    def is_read_only(self) -> bool:
        """Whether only answers have it (`readOnly`)."""
        return bool(self._said("readOnly"))

    @cached_property
    def properties(self) -> Mapping[str, "Schema"]:
        """The members that an object may have, by name."""
        named = self._said("properties")
        return {name: Schema(self._source, node) for name, node in named.items()} if isinstance(named, dict) else {}

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the members that an object must have."""
        return tuple(self._listed("required"))

    @property
    def items(self) -> "Schema | None":
        """What each item of an array has to be; None where it does not say."""
        node = self._said("items")
        return None if node is None else Schema(self._source, node)

    @property
    def all_of(self) -> tuple["Schema", ...]:
        """The schemas that a value has to follow all together (`allOf`)."""
        return tuple(Schema(self._source, node) for node in self._listed("allOf"))

    @property
    def one_of(self) -> tuple["Schema", ...]:
        """The schemas of which a value follows exactly one (`oneOf`)."""
        return tuple(Schema(self._source, node) for node in self._listed("oneOf"))

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

    def _says(self, keyword: str) -> bool:
        return isinstance(self._node, dict) and keyword in self._node

    def _said(self, keyword: str) -> Any:
        return self._node.get(keyword) if isinstance(self._node, dict) else None

    def _listed(self, keyword: str) -> list[Any]:
        said = self._said(keyword)
        return said if isinstance(said, list) else []

    def _number(self, keyword: str) -> float | None:
        said = self._said(keyword)
        return said if isinstance(said, int | float) and not isinstance(said, bool) else None

    def _count(self, keyword: str) -> int | None:
        said = self._number(keyword)
        return None if said is None else int(said)
