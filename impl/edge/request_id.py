"""The id of each request: the client's own, where it sent a good one."""

import random
import re
from collections.abc import Sequence

from ..representation.answer import Answer, Field
from ..request_context import RequestContext

FIELD = b"x-request-id"
GOOD = re.compile(rb"\A[A-Za-z0-9._-]{8,64}\Z")


def name_request(request: RequestContext) -> None:
    """Give a request its id."""
    request.request_id = _choose(request)


def say_id(request: RequestContext, _answer: Answer) -> Sequence[Field]:
    """Have an answer carry the id of its request."""
    return ((FIELD, request.request_id.encode()),)


def _choose(request: RequestContext) -> str:
    for name, value in request.fields:
        if name == FIELD and GOOD.match(value):
            return value.decode()
    # Not secret, only unlike all others; the generator is seeded by the system, and anew in a process that was forked.
    return f"{random.getrandbits(64):016x}"
