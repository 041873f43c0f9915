"""JSON that the generator can read on with: half of a surrogate pair, which JSON may name, has no form in UTF-8."""

import re

# An escape of JSON (RFC 8259, section 7): a surrogate pair, half of one, or anything else.
ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
# It stands for what cannot be written, and takes as many bytes.
REPLACEMENT = rb"\ufffd"


def encodable(content: bytes) -> bytes:
    """Return JSON in which the replacement character stands for each half of a surrogate pair (RFC 8259, section 8.2)."""
    return ESCAPE.sub(lambda found: REPLACEMENT if found["half"] else found[0], content)
