"""What a schema says of a value by itself: its keywords that have no schema within."""

import math
from collections.abc import Mapping
from typing import Any


class Keywords:
    """The keywords of one Schema Object (OpenAPI 3.0.3, section 4.7.24; JSON Schema 2020-12, validation)."""

    def __init__(self, node: Any) -> None:
        self._node = node

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

    # Values that it names.

    @property
    def enum(self) -> tuple[Any, ...]:
        """The values that it allows alone; none where it does not list them."""
        return tuple(self._listed("enum"))

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
    def is_fixed(self) -> bool:
        """Whether it allows a few values alone, which it lists (`enum`, `const`)."""
        return bool(self.enum) or self._says("const")

    # Numbers.

    @property
    def minimum(self) -> float | None:
        """The least number (`minimum`); None where there is none."""
        return self._number("minimum")

    @property
    def maximum(self) -> float | None:
        """The largest number (`maximum`); None where there is none."""
        return self._number("maximum")

    @property
    def exclusive_minimum(self) -> float | None:
        """What a number has to be above: `exclusiveMinimum`, or the `minimum` of 3.0 that it makes exclusive."""
        return self._exclusive("exclusiveMinimum", self.minimum)

    @property
    def exclusive_maximum(self) -> float | None:
        """What a number has to be below: `exclusiveMaximum`, or the `maximum` of 3.0 that it makes exclusive."""
        return self._exclusive("exclusiveMaximum", self.maximum)

    @property
    def multiple_of(self) -> float | None:
        """What a number has to be a multiple of (`multipleOf`); None where it does not say."""
        return self._number("multipleOf")

    # Text, arrays and objects.

    @property
    def min_length(self) -> int | None:
        """How many characters a text has at least (`minLength`); None where it does not say."""
        return self._count("minLength")

    @property
    def max_length(self) -> int | None:
        """How many characters a text has at most (`maxLength`); None where it does not say."""
        return self._count("maxLength")

    @property
    def pattern(self) -> str | None:
        """The regular expression that a text has a match of (`pattern`, ECMA-262); None where there is none."""
        named = self._said("pattern")
        return named if isinstance(named, str) else None

    @property
    def min_items(self) -> int | None:
        """How many items an array has at least (`minItems`); None where it does not say."""
        return self._count("minItems")

    @property
    def max_items(self) -> int | None:
        """How many items an array has at most (`maxItems`); None where it does not say."""
        return self._count("maxItems")

    @property
    def has_unique_items(self) -> bool:
        """Whether no two items of an array are equal (`uniqueItems`)."""
        return self._said("uniqueItems") is True

    @property
    def min_contains(self) -> int:
        """How many items of an array are as `contains` says at least (`minContains`, 1 where it does not say)."""
        count = self._count("minContains")
        return 1 if count is None else count

    @property
    def min_properties(self) -> int | None:
        """How many members an object has at least (`minProperties`); None where it does not say."""
        return self._count("minProperties")

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the members that an object must have."""
        return tuple(each for each in self._listed("required") if isinstance(each, str))

    @property
    def dependent_required(self) -> Mapping[str, tuple[str, ...]]:
        """The names that must be there where the name before them is (`dependentRequired`)."""
        named = self._said("dependentRequired")
        pairs = named.items() if isinstance(named, dict) else ()
        return {name: tuple(map(str, others)) for name, others in pairs if isinstance(others, list)}

    # Which way it travels.

    @property
    def is_read_only(self) -> bool:
        """Whether only answers have it (`readOnly`)."""
        return bool(self._said("readOnly"))

    @property
    def is_write_only(self) -> bool:
        """Whether only requests have it (`writeOnly`)."""
        return bool(self._said("writeOnly"))

    @property
    def is_file(self) -> bool:
        """Whether it is the bytes of a file: format binary (3.0), or a media type that is no text and has no encoding (3.1)."""
        held = self.content_media_type or ""
        is_text = held.startswith("text/") or held.endswith(("json", "xml")) or self.content_encoding is not None
        return self.format == "binary" or (held != "" and not is_text)

    @property
    def content_encoding(self) -> str | None:
        """How bytes are written as text, such as base64 (`contentEncoding`); None where it does not say."""
        named = self._said("contentEncoding")
        return None if named is None else str(named)

    @property
    def content_media_type(self) -> str | None:
        """The media type of what a text holds (`contentMediaType`); None where it does not say."""
        named = self._said("contentMediaType")
        return None if named is None else str(named)

    def _says(self, keyword: str) -> bool:
        return isinstance(self._node, dict) and keyword in self._node

    def _said(self, keyword: str) -> Any:
        return self._node.get(keyword) if isinstance(self._node, dict) else None

    def _listed(self, keyword: str) -> list[Any]:
        said = self._said(keyword)
        return said if isinstance(said, list) else []

    def _number(self, keyword: str) -> float | None:
        said = self._said(keyword)
        is_number = isinstance(said, int | float) and not isinstance(said, bool)
        # A float that is none, such as the .inf of YAML, limits nothing.
        return said if is_number and (isinstance(said, int) or math.isfinite(said)) else None

    def _count(self, keyword: str) -> int | None:
        said = self._number(keyword)
        return None if said is None else int(said)

    def _exclusive(self, keyword: str, limit: float | None) -> float | None:
        return limit if self._said(keyword) is True else self._number(keyword)
