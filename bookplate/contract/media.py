"""Content: the media types of a request or an answer, each with its schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .schema import Schema
from .source import Source
from .style import FORM, Style, style_of

JSON_LIKE = ("application/json", "application/merge-patch+json")
URL_ENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
# What is sent where the document writes a range.
OF_RANGES = {"text/*": "text/plain", "image/*": "image/png", "multipart/*": MULTIPART}
STYLED = ("style", "explode", "allowReserved")


@dataclass(frozen=True)
class Encoding:
    """
    How a member of a form is written (OpenAPI 3.0.3, section 4.7.15, and 3.1, section 4.8.15, Encoding Object).

    `content_type` is empty where the document does not say; `style` is None where the member is written as its
    content type says.
    """

    content_type: str = ""
    style: Style | None = None


class MediaType:
    """
    Content of one media type (OpenAPI 3.0.3, section 4.7.14, and 3.1, section 4.8.14, Media Type Object).

    `name` is the media type as the document writes it, such as application/json or text/*.
    """

    def __init__(self, source: Source, name: str, node: Any) -> None:
        self._source = source
        self._told = source.mapping(node, "media type", "write schema: {...} below it")
        self.name = name

    @cached_property
    def schema(self) -> Schema | None:
        """What the content has to be; None where it does not say."""
        node = self._told.get("schema")
        return None if node is None else Schema(self._source, node)

    @property
    def sent_as(self) -> str:
        """The media type that content is sent as: its name, or one media type where the name is a range."""
        essence = essence_of(self.name)
        return OF_RANGES.get(essence, "application/json") if "*" in essence else self.name

    @property
    def essence(self) -> str:
        """The media type that content is sent as, in lower case and without parameters (RFC 9110, section 8.3.1)."""
        return essence_of(self.sent_as)

    @property
    def is_json(self) -> bool:
        """Whether content is JSON: application/json, or a media type that ends with +json (RFC 6839, section 3.1)."""
        return is_json(self.essence)

    @property
    def examples(self) -> tuple[Any, ...]:
        """Its `example`, else the values of its `examples`; none where it has neither."""
        return examples_of(self._source, self._told)

    @property
    def example(self) -> Any:
        """The first of its examples; None where it has none."""
        return next(iter(self.examples), None)

    @cached_property
    def encoding(self) -> Mapping[str, Encoding]:
        """How members of a form are written, by the name of the member, where the document says so."""
        named = self._told.get("encoding")
        named = named if isinstance(named, dict) else {}
        return {name: self._encoding(node) for name, node in named.items() if isinstance(node, dict)}

    def _encoding(self, node: Mapping[str, Any]) -> Encoding:
        first = str(node.get("contentType", "")).partition(",")[0].strip()
        content_type = OF_RANGES.get(first, "application/octet-stream") if first.endswith("*") else first
        styled = any(keyword in node for keyword in STYLED)
        return Encoding(content_type, style_of(node, FORM.name) if styled else None)


class Body:
    """
    The content that an operation takes (OpenAPI 3.0.3, section 4.7.13, and 3.1, section 4.8.13, Request Body Object).

    `required` says whether a request without it is refused; `content` has each media type by its name, at least one.
    """

    def __init__(self, content: Mapping[str, MediaType], *, required: bool) -> None:
        self.content = content
        self.required = required

    @property
    def media_type(self) -> MediaType:
        """The media type that the suite sends: JSON, then what ends with +json, forms, text, files, and all others."""
        return min(self.content.values(), key=rank)

    @property
    def schema(self) -> Schema | None:
        """What the content has to be, as the media type that the suite sends; None where the document does not say."""
        return self.media_type.schema

    @property
    def example(self) -> Any:
        """The first example of that media type; None where it has none."""
        return self.media_type.example

    @property
    def examples(self) -> tuple[Any, ...]:
        """The examples of that media type."""
        return self.media_type.examples


def rank(media: MediaType) -> int:
    """Return how far a media type stands from those that the suite likes to send."""
    essence = media.essence
    liked = (
        essence in JSON_LIKE,
        media.is_json,
        essence == URL_ENCODED,
        essence == MULTIPART,
        essence == "text/plain",
        not is_xml(essence),
    )
    return liked.index(True) if True in liked else len(liked)


def essence_of(name: str) -> str:
    """Return a media type in lower case and without its parameters (RFC 9110, section 8.3.1)."""
    return name.partition(";")[0].strip().lower()


def is_json(essence: str) -> bool:
    """Tell whether a media type is JSON (RFC 8259, section 11, and RFC 6839, section 3.1)."""
    return essence in JSON_LIKE or essence.endswith("+json")


def is_xml(essence: str) -> bool:
    """Tell whether a media type is XML (RFC 7303, sections 4 and 8)."""
    return essence in ("application/xml", "text/xml") or essence.endswith("+xml")


def content_of(source: Source, declaration: Mapping[str, Any]) -> dict[str, MediaType]:
    """Return the `content` of a request or an answer, by media type."""
    content = source.mapping(declaration.get("content", {}), "content", "write each media type with its schema")
    return {name: MediaType(source, name, node) for name, node in content.items()}


def examples_of(source: Source, declaration: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the `example` of a media type or a parameter, else the value of each of its `examples`, also by reference."""
    if "example" in declaration:
        return (declaration["example"],)
    named = declaration.get("examples")
    found = [source.resolve(node) for node in named.values()] if isinstance(named, dict) else []
    # 3.2 has another name for a value that is data (section 4.19).
    keys = ("value", "dataValue")
    return tuple(each[key] for each in found if isinstance(each, dict) for key in keys if key in each)


def body_of(source: Source, operation: Mapping[str, Any]) -> Body | None:
    """Return the content that an operation takes; None where it takes none, or does not say of which media type."""
    declaration = source.mapping(operation.get("requestBody", {}), "request body", "write content: {...} below it")
    content = content_of(source, declaration)
    return Body(content, required=bool(declaration.get("required"))) if content else None
