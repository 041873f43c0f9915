"""HEAD is GET without the content (RFC 9110, section 9.3.2)."""

from dataclasses import replace

from ..representation.answer import Answer
from ..request_context import RequestContext
from .asgi import Inner


async def answer_head(request: RequestContext, inner: Inner) -> Answer:
    """Ask with GET for a HEAD, so that both share one kept answer, and leave the content out."""
    if request.method != "HEAD":
        return await inner(request)
    answer = await inner(replace(request, method="GET"))
    return replace(answer, body=b"")
