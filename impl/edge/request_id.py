"""The id of each request: the client's own, where it sent a good one."""

import re
import secrets

from ..representation.answer import Answer
from ..request_context import RequestContext
from .asgi import Inner

FIELD = b"x-request-id"
GOOD = re.compile(rb"\A[A-Za-z0-9._-]{8,64}\Z")


async def name_request(request: RequestContext, inner: Inner) -> Answer:
    """Give a request its id, and have the answer carry it."""
    request.request_id = _choose(request)
    answer = await inner(request)
    return answer.adding((FIELD, request.request_id.encode()))


def _choose(request: RequestContext) -> str:
    for name, value in request.fields:
        if name == FIELD and GOOD.match(value):
            return value.decode()
    return secrets.token_hex(8)
