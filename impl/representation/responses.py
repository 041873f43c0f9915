"""From what a handler returns to the answer that the document promises for it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..contract.contract import Operation
from .answer import Answer, Field
from .content import to_bytes
from .preconditions import strong_tag

Result = Any
WITHOUT_LENGTH = (204, 304)


def respond(operation: Operation, result: Result) -> Answer:
    """
    Build the answer: `content`, `(content, status)` or `(content, status, headers)`.

    Content-Type, ETag, Link and every header that the document fixes to one value are set here and nowhere else.
    """
    content, status, headers = _unpacked(operation, result)
    promised = _promised(operation, status)
    body = b"" if content is None else to_bytes(content)
    fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    fields += promised.fixed
    if content is not None:
        fields.append(promised.content_type)
    if status not in WITHOUT_LENGTH:
        fields.append((b"content-length", b"%d" % len(body)))
    if promised.has_tag:
        fields.append((b"etag", strong_tag(body).encode()))
    if promised.has_links:
        links = ", ".join([f'<{url}>; rel="{name}"' for name, url in content["links"].items() if url])
        fields.append((b"link", links.encode("latin-1")))
    return Answer(status, fields, body)


def _unpacked(operation: Operation, result: Result) -> tuple[Any, int, dict[str, str]]:
    if not isinstance(result, tuple):
        return result, operation.success, {}
    content, status, *rest = result
    return content, status, rest[0] if rest else {}


@dataclass(frozen=True, slots=True)
class _Promised:
    """What the document says of the answers of one operation with one status."""

    fixed: list[Field]
    content_type: Field
    has_tag: bool
    has_links: bool


@lru_cache(maxsize=1000)
def _promised(operation: Operation, status: int) -> _Promised:
    response = operation.response(status)
    headers = {name: operation.contract.resolve(raw) for name, raw in response.get("headers", {}).items()}
    fixed = {name: raw["schema"]["enum"][0] for name, raw in headers.items() if len(raw["schema"].get("enum", [])) == 1}
    media_type = next(iter(response.get("content", {})), "application/json")
    return _Promised(
        fixed=[(name.lower().encode(), str(value).encode("latin-1")) for name, value in fixed.items()],
        content_type=(b"content-type", media_type.encode()),
        has_tag="ETag" in headers,
        has_links="Link" in headers,
    )
