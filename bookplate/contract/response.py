"""Answers as an operation documents them."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from .media import MediaType, content_of
from .media_range import most_specific
from .schema import Schema
from .source import Source

DEFAULT = "default"
WITHOUT_CONTENT = ("204", "205", "304")
IN_THE_BODY = "$response.body#"
SCALARS = {"string", "number", "integer", "boolean", "null"}


class Header:
    """
    A header field of an answer (OpenAPI 3.0.3, section 4.7.21, and 3.1, section 4.8.21, Header Object).

    `required` says whether it is always there, `schema` what its value has to be; `text` is all that the document
    writes about it, for what stands in its examples or in words alone.
    """

    def __init__(self, source: Source, name: str, node: Any) -> None:
        declaration = source.mapping(node, "header", "write schema: {...} below it")
        self.name = name
        self.text = str(declaration)
        self.required = bool(declaration.get("required"))
        self.schema = Schema(source, declaration.get("schema", {}))

    def violations(self, text: str) -> list[str]:
        """
        Return what of a value, as it is written, breaks the schema.

        A text that can be read as a number, true, false or null is judged as such too. Lists and objects have styles of
        their own: what may be one of them is not judged, nor is Set-Cookie, of which each line is a value.
        """
        types = set(self.schema.types)
        if not types or not types <= SCALARS or not self.schema.is_known or self.name.lower() == "set-cookie":
            return []
        mistakes = [self.schema.violations(reading) for reading in readings(text)]
        return [] if [] in mistakes else mistakes[-1]


def readings(text: str) -> list[Any]:
    """Return what the value of a header field may mean: itself, and a number, a boolean or null that is written so."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return [text]
    return [text, read] if isinstance(read, int | float | None) else [text]


class Link:
    """
    What an answer gives another operation (OpenAPI 3.0.3, section 4.7.20, and 3.1, section 4.8.20, Link Object).

    `operation_id` names that operation, by its operationRef too, and is empty where the link does not; `parameters` has a runtime expression, such as
    `$response.body#/id`, for each parameter.
    """

    def __init__(self, source: Source, node: Any) -> None:
        declaration = source.mapping(node, "link", "write operationId and parameters below it")
        parameters = declaration.get("parameters")
        self.operation_id = str(
            declaration.get("operationId") or source.id_at(str(declaration.get("operationRef", "")))
        )
        self.parameters: Mapping[str, str] = (
            {name: str(value) for name, value in parameters.items()} if isinstance(parameters, dict) else {}
        )

    @property
    def pointers(self) -> dict[str, str]:
        """The JSON pointer into the body for each parameter that is taken from there, headers left aside."""
        return {
            name.removeprefix("path."): expression.partition("#")[2]
            for name, expression in self.parameters.items()
            if "header." not in name and expression.startswith(IN_THE_BODY)
        }


class Response:
    """
    What an operation documents for a status (OpenAPI 3.0.3, section 4.7.17, and 3.1, section 4.8.17, Response Object).

    `status` is the key as the document writes it: 404, 4XX or default.
    """

    def __init__(self, source: Source, status: str, node: Any) -> None:
        self._source = source
        self._told = source.mapping(node, "response", "write description and content below it")
        self.status = status

    def __repr__(self) -> str:
        return f"Response({self.status})"

    @property
    def description(self) -> str:
        """What the document says of it in words; empty where it says nothing."""
        return str(self._told.get("description") or "")

    @property
    def is_default(self) -> bool:
        """Whether it stands for every status that has no other."""
        return self.status == DEFAULT

    @property
    def statuses(self) -> range:
        """The statuses that its key names: one, the hundred of a range such as 4XX, or none where it is the default."""
        if self.status[:1].isdigit() and self.status[1:].upper() == "XX":
            return range(int(self.status[0]) * 100, int(self.status[0]) * 100 + 100)
        return range(int(self.status), int(self.status) + 1) if self.status.isdecimal() else range(0)

    @cached_property
    def content(self) -> Mapping[str, MediaType]:
        """
        The media types that it comes in, by name; none where no content is documented.

        Answers of some statuses have no content, whatever a document says (RFC 9110, sections 6.4.1 and 15.3.5).
        """
        return {} if self.status in WITHOUT_CONTENT else content_of(self._source, self._told)

    def media_for(self, content_type: str | None) -> MediaType | None:
        """
        Return what it documents for the Content-Type of an answer; None where it documents none such.

        That is the most specific key of its content that covers it: `*/*` and `application/*` cover more.
        """
        return most_specific(self.content, content_type)

    @property
    def schema(self) -> Schema | None:
        """What its content has to be, as the first of its media types; None where the document does not say."""
        return next((media.schema for media in self.content.values()), None)

    @property
    def members(self) -> Mapping[str, Schema]:
        """The members that its content may have, with their schemas; none where it is no object, or not documented."""
        return self.schema.members if self.schema else {}

    @cached_property
    def headers(self) -> Mapping[str, Header]:
        """Its header fields, by their names in lower case; Content-Type is said by `content` (OpenAPI 3.0.3, section 4.7.17)."""
        headers = self._source.mapping(
            self._told.get("headers", {}), "map of headers", "write each name with its schema"
        )
        named = {name: node for name, node in headers.items() if name.lower() != "content-type"}
        return {name.lower(): Header(self._source, name, node) for name, node in named.items()}

    def header(self, name: str) -> Header | None:
        """Return a header field by its name, in any case; None where it does not document it."""
        return self.headers.get(name.lower())

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """What it gives other operations."""
        links = self._source.mapping(
            self._told.get("links", {}), "map of links", "write each name with its operationId"
        )
        return tuple(Link(self._source, node) for node in links.values())


def responses_of(source: Source, operation: Mapping[str, Any]) -> dict[str, Response]:
    """
    Return what an operation documents, by the keys as they are written.

    That is its Responses Object (OpenAPI 3.0.3, section 4.7.16, and 3.1, section 4.8.16), extension keys left aside.
    """
    declaration = source.mapping(
        operation.get("responses", {}), "map of responses", "write each status with a description"
    )
    return {
        status: Response(source, status, node) for status, node in declaration.items() if not status.startswith("x-")
    }


def nearest(responses: Mapping[str, Response], status: int) -> Response | None:
    """Return what documents a status: its own key, else its range such as 4XX, else the default; None where none does."""
    keys = (str(status), f"{status // 100}XX", f"{status // 100}xx", DEFAULT)
    return next((responses[key] for key in keys if key in responses), None)
