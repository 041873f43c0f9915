"""If-Match and If-None-Match (RFC 9110, section 13.1)."""

import re

from .messages import Refused

TAG = r'(?:W/)?"[!#-~\x80-\xff]*"'
TAGS = re.compile(rf"[ \t]*(?:,[ \t]*)*{TAG}(?:[ \t]*,[ \t]*(?:{TAG})?)*[ \t]*")


# What a tag ends with where the content is compressed: it is another representation (RFC 9110, section 8.8.3.3).
PACKED = '-gz"'


def unpacked(tag: str) -> str:
    """Return the tag of what is not compressed."""
    return tag.removesuffix(PACKED) + '"' if tag.endswith(PACKED) else tag


def packed(tag: str) -> str:
    """Return the tag of what is compressed."""
    return tag.removesuffix('"') + PACKED


def require(field: str | None, tag: str) -> None:
    """Raise Refused where If-Match is absent, unreadable or false."""
    if field is None:
        raise Refused(428, "precondition_required", "Send If-Match with the ETag that you saw last.")
    if field.strip() == "*":
        return
    if not TAGS.fullmatch(field):
        raise Refused(400, "invalid_precondition", "If-Match must be an ETag as it was received.")
    if tag not in [unpacked(each) for each in re.findall(TAG, field)]:
        raise Refused(412, "precondition_failed", "The object has changed since: read it again.")


def is_known(field: str | None, tag: str) -> bool:
    """Tell whether If-None-Match names a tag, weakly compared."""
    if field is None:
        return False
    if field.strip() == "*":
        return True
    return bool(TAGS.fullmatch(field)) and tag in [unpacked(each.removeprefix("W/")) for each in re.findall(TAG, field)]
