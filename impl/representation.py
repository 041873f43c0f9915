"""The bytes of a representation, and the tag that stands for them."""

from typing import Any

import orjson

from .preconditions import strong_tag


def to_bytes(content: Any) -> bytes:
    """Write content as it goes over the wire."""
    return orjson.dumps(content)


def tag_of(content: Any) -> str:
    """Return the strong ETag that a read of this content carries."""
    return strong_tag(to_bytes(content))
