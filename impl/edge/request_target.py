"""The forms of a request target (RFC 9112, section 3.2)."""

import re

# The scheme in any spelling, and a host that is not empty (RFC 9110, sections 4.2.1 and 4.2.3).
ABSOLUTE_FORM = re.compile(rb"(?i:https?)://[^/]+")


def target_size(raw_path: bytes, query_string: bytes) -> int:
    """Return how many bytes a target has, with the question mark before its query."""
    return len(raw_path) + bool(query_string) + len(query_string)


def path_of_absolute_form(raw_path: bytes) -> bytes | None:
    """
    Return the path of a target in absolute form, which a server must take too; None for one in origin form.

    Scheme and host lead nowhere here. The path is divided from the host before it is decoded: an encoded slash divides
    nothing.
    """
    absolute = ABSOLUTE_FORM.match(raw_path)
    return (raw_path[absolute.end() :] or b"/") if absolute else None
