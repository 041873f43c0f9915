"""The trace that a request belongs to (W3C Trace Context): what a caller says of it, where that is valid."""

import re

from ..request_context import RequestContext

FIELD = b"traceparent"
# Version, trace, parent, flags. The identifiers are not zero. A version after the first may have more behind them.
VALID = re.compile(
    rb"(00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})\Z"
    rb"|((?!ff|00)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(?:-[!-~]*)?\Z"
)


def traceparent_of(request: RequestContext) -> str | None:
    """Return the four parts that every version has; None without the field, and where it is not valid or not alone."""
    values = [value for name, value in request.fields if name == FIELD]
    if len(values) != 1:
        return None
    found = VALID.match(values[0])
    return (found[1] or found[2]).decode() if found else None
