"""Origins of pages, as browsers write them (RFC 6454, section 6.1), and the settings that name them."""

import re

ANY = "*"
DEFAULT_PORTS = {"http": "80", "https": "443"}
# A scheme and a host in small letters, perhaps a port; nothing behind it.
SHAPE = re.compile(r"([a-z][a-z0-9+.-]*)://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?")


def variable_of(group: str) -> str:
    """Return the environment variable that holds the origins of a group."""
    return f"CORS_ORIGINS_{group.upper().replace('-', '_')}"


def is_origin(text: str) -> bool:
    """Tell whether a browser could send this; it leaves out paths, default ports and the slash at the end."""
    found = SHAPE.fullmatch(text)
    return found is not None and found[2] != DEFAULT_PORTS.get(found[1], "")
