"""If-Match and If-None-Match (RFC 9110, section 13)."""

import re
from hashlib import blake2b

from ..problems import InvalidPrecondition, PreconditionFailed, PreconditionRequired

TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
# Empty elements are ignored (RFC 9110, section 5.6.1.2).
LIST = re.compile(rf"\A[ \t,]*{TAG}(?:[ \t]*,[ \t,]*{TAG})*[ \t,]*\Z")


def strong_tag(content: bytes) -> str:
    """Make the strong ETag of a representation."""
    return f'"{blake2b(content, digest_size=12).hexdigest()}"'


def require_match(condition: str | None, current: str) -> None:
    """
    Demand that the caller has seen the current representation.

    `*` and lists are legal syntax; weak tags never match (section 13.1.1).
    Raises PreconditionRequired, InvalidPrecondition or PreconditionFailed.
    """
    if condition is None:
        raise PreconditionRequired()
    if condition.strip() == "*":
        return
    if len(condition) > 256 or not LIST.match(condition):
        raise InvalidPrecondition()
    if current not in re.findall(TAG, condition):
        raise PreconditionFailed()


def matches(condition: str, current: str) -> bool:
    """Tell whether If-None-Match names the current representation; tags compare weakly (section 13.1.2)."""
    return condition.strip() == "*" or current in (tag.removeprefix("W/") for tag in re.findall(TAG, condition))
