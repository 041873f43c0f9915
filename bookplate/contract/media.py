"""Content: the media types of a request or an answer, each with its schema."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from .schema import Schema
from .source import Source

JSON_LIKE = ("application/json", "application/merge-patch+json")


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
    def example(self) -> Any:
        """Its `example`, else the first of its `examples`; None where it has neither."""
        if "example" in self._told:
            return self._told["example"]
        named = self._told.get("examples")
        first = self._source.resolve(next(iter(named.values()), None)) if isinstance(named, dict) else None
        return first.get("value") if isinstance(first, dict) else None


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
        """The media type that the suite sends, JSON before others."""
        return next(
            (self.content[name] for name in self.content if name in JSON_LIKE), next(iter(self.content.values()))
        )

    @property
    def schema(self) -> Schema | None:
        """What the content has to be, as the media type that the suite sends; None where the document does not say."""
        return self.media_type.schema

    @property
    def example(self) -> Any:
        """The example of that media type; None where it has none."""
        return self.media_type.example


def content_of(source: Source, declaration: Mapping[str, Any]) -> dict[str, MediaType]:
    """Return the `content` of a request or an answer, by media type."""
    content = source.mapping(declaration.get("content", {}), "content", "write each media type with its schema")
    return {name: MediaType(source, name, node) for name, node in content.items()}


def body_of(source: Source, operation: Mapping[str, Any]) -> Body | None:
    """Return the content that an operation takes; None where it takes none, or does not say of which media type."""
    declaration = source.mapping(operation.get("requestBody", {}), "request body", "write content: {...} below it")
    content = content_of(source, declaration)
    return Body(content, required=bool(declaration.get("required"))) if content else None
