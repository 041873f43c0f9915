"""JSON pointers (RFC 6901) into the content of answers."""

from typing import Any


def look_up(content: Any, pointer: str) -> Any:
    """Return what a pointer finds, or None where it finds nothing."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        try:
            content = content[int(name)] if isinstance(content, list) else content[name]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return content
