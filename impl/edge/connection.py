"""Which connections end with an answer."""

from ..process.stopping import CLOSE
from ..representation.answer import Answer
from ..request_context import RequestContext
from .asgi import Inner

FRAMING = {b"content-length", b"transfer-encoding"}


async def close_connection(request: RequestContext, inner: Inner) -> Answer:
    """Close the connection of a request that is framed twice, and each one while the server stops."""
    answer = await inner(request)
    # Asked now, since the stop may have begun while the request was answered.
    closes = _is_framed_twice(request) or request.stopping.has_begun
    return answer.adding(CLOSE) if closes and CLOSE not in answer.fields else answer


def _is_framed_twice(request: RequestContext) -> bool:
    # Another server on the way may have seen the end elsewhere, and so another next request (RFC 9112, section 6.1).
    return {name for name, _ in request.fields} >= FRAMING
