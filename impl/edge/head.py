"""HEAD is GET without the content (RFC 9110, section 9.3.2)."""

from dataclasses import replace

from ..representation.answer import Answer
from ..request_context import RequestContext
from .asgi import Inner


async def answer_head(request: RequestContext, inner: Inner) -> Answer:
    """Leave the content out for a HEAD; further inside it is a GET, so that both share one kept answer."""
    answer = await inner(request)
    return replace(answer, body=b"") if request.method == "HEAD" else answer
