"""Path prefixes below which a proxy shows the service."""

import re

LONGEST_PREFIX = 200
PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+)+")


def is_prefix(text: str) -> bool:
    """Tell whether a text can stand in front of every path: segments of plain characters, without a slash at the end."""
    return len(text) <= LONGEST_PREFIX and PREFIX.fullmatch(text) is not None
