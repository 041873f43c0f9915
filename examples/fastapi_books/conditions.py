"""ETags, and the requests that depend on them (RFC 9110, section 13)."""

import re
from hashlib import blake2b
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import BaseModel

from .contract import bounds, contract
from .problems import Problem

TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAGS = re.compile(rf"[ \t,]*{TAG}(?:[ \t]*,[ \t,]*{TAG})*[ \t,]*")
LONGEST: int = contract.parameter("IfMatch")["maxLength"]


def tag_of(content: bytes | BaseModel) -> str:
    """Return the strong ETag of a representation."""
    written = content.model_dump_json().encode() if isinstance(content, BaseModel) else content
    return f'"{blake2b(written, digest_size=12).hexdigest()}"'


def is_copy(condition: str, tag: str) -> bool:
    """Tell whether If-None-Match names a tag, which it compares weakly."""
    return condition.strip() == "*" or tag in (each.removeprefix("W/") for each in re.findall(TAG, condition))


class Precondition:
    """The If-Match of a request, judged once it is known what it is about."""

    def __init__(self, request: Request) -> None:
        fields = request.headers.getlist("if-match")
        self._condition = ", ".join(fields) if fields else None

    def require(self, current: BaseModel) -> None:
        """Raise a problem unless the caller has seen what is there now."""
        if self._condition is None:
            raise Problem("precondition_required")
        if self._condition.strip() == "*":
            return
        if len(self._condition) > LONGEST or not TAGS.fullmatch(self._condition):
            raise Problem("invalid_precondition")
        if tag_of(current) not in re.findall(TAG, self._condition):
            raise Problem("precondition_failed")


def read_condition(
    if_none_match: Annotated[
        str | None, Header(alias="If-None-Match", **bounds(contract.parameter("IfNoneMatch")))
    ] = None,
) -> None:
    """Declare If-None-Match, which the route answers itself."""


IfMatch = Annotated[Precondition, Depends()]
CONDITIONAL = Depends(read_condition)
