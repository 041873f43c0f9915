"""Conditional reads: 304 for a client that has the representation already (RFC 9110, section 13)."""

from ..representation.answer import Answer
from ..representation.preconditions import matches
from ..request_context import RequestContext
from .asgi import Inner

ABSENT_FROM_304 = (b"content-type", b"content-length")


async def answer_condition(request: RequestContext, inner: Inner) -> Answer:
    """Answer 304 where If-None-Match names the representation."""
    answer = await inner(request)
    condition = ", ".join(request.values(b"if-none-match"))
    tag = answer.value(b"etag")
    if answer.status != 200 or not condition or not tag or not matches(condition, tag):
        return answer
    return Answer(304, [(name, value) for name, value in answer.fields if name not in ABSENT_FROM_304])
