"""Which connections end with an answer."""

from collections.abc import Sequence

from ..process.stopping import CLOSE
from ..representation.answer import Answer, Field
from ..request_context import RequestContext

FRAMING = {b"content-length", b"transfer-encoding"}


def close_connection(request: RequestContext, answer: Answer) -> Sequence[Field]:
    """Close the connection of a request that is framed twice, and each one while the server stops."""
    # Asked now, since the stop may have begun while the request was answered.
    closes = request.stopping.has_begun or _is_framed_twice(request)
    return (CLOSE,) if closes and CLOSE not in answer.fields else ()


def _is_framed_twice(request: RequestContext) -> bool:
    # Another server on the way may have seen the end elsewhere, and so another next request (RFC 9112, section 6.1).
    return {name for name, _ in request.fields} >= FRAMING
