"""JSON pointers (RFC 6901) into bodies."""

from collections.abc import Iterator
from typing import Any

from .lines import escape


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


def nodes(root: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object below a root with its JSON pointer, the root among them."""
    pending: list[tuple[str, Any]] = [("", root)]
    while pending:
        pointer, node = pending.pop()
        if isinstance(node, dict):
            yield pointer, node
            pending += [(f"{pointer}/{escape(key)}", member) for key, member in node.items()]
        elif isinstance(node, list):
            pending += [(f"{pointer}/{i}", member) for i, member in enumerate(node)]
