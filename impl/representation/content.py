"""The bytes of a representation, and the tag that stands for them."""

from typing import Any

import orjson
from marshmallow import Schema

from .preconditions import strong_tag


def to_bytes(content: Any) -> bytes:
    """Write content as it goes over the wire."""
    return orjson.dumps(content)


def tag_of(content: Any) -> str:
    """Return the strong ETag that a read of this content carries."""
    return strong_tag(to_bytes(content))


class RowSchema(Schema):
    """A schema that writes rows out."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Read a column of a row; the library would first try the row as a mapping, and fail each time."""
        return getattr(obj, attr)
