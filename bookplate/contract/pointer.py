"""JSON pointers (RFC 6901) into bodies."""

from typing import Any


def look_up(value: Any, pointer: str) -> Any:
    """Return what a pointer finds in a value, or None where it finds nothing."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return value


def put(value: Any, pointer: str, member: Any) -> None:
    """Set the member of an object that a pointer names, making objects on the way."""
    *path, last = pointer.split("/")[1:]
    for key in path:
        value = value.setdefault(key, {})
    value[last] = member
