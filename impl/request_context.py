"""What is known of the request that is being answered, and which step made it known."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Message, Receive, Scope

from .backends.bounded_redis import RedisWait
from .backends.deadline import Deadline
from .contract.authorization import Caller, Claims
from .contract.contract import Operation
from .problems import Problem
from .process.stopping import Stopping
from .representation.answer import Field


async def _receive_nothing() -> Message:
    return {"type": "http.disconnect"}


@dataclass(slots=True)
class RequestContext:
    """
    One request on its way inwards.

    Each field has one writer; everything else only reads it. tests/impl/test_request_context.py holds the code to this
    table.

    | field | is | written by |
    |---|---|---|
    | `method`, `path`, `query_string`, `fields` | what was asked for; `path` as this service sees it | `edge/asgi.py` |
    | `target_size` | the bytes of the request target in the form in which it came | `edge/asgi.py` |
    | `peer` | the address at the other end of the connection | `edge/asgi.py` |
    | `stopping` | whether the server that took the request is about to end | `edge/asgi.py` |
    | `scope`, `receive` | what ASGI hands from layer to layer; steps leave the scope alone | `edge/asgi.py` |
    | `request_id` | the id in the log and in the answer | `edge/request_id.py` |
    | `address`, `prefix` | where the client is, and the path below which it sees this service | `edge/client_address.py` |
    | `content` | the bytes that came, whole | `edge/sizes.py` |
    | `operation`, `path_values` | what the path and the method lead to | `connexion_adapters/routing.py` |
    | `deadline` | until when the work may take | `edge/deadlines.py` |
    | `claims`, `has_bad_token` | what the access token says, verified | `edge/authentication.py` |
    | `tier` | the tier that sets the quotas | `edge/tier.py` |
    | `rate_limit_fields` | what the answer tells of the limits | `backends/limiter.py` |
    | `redis_wait` | how long this request has waited for Redis | `backends/bounded_redis.py` |
    | `caller` | the user with a live session | `edge/session.py` |
    | `refusal` | what is wrong with the request, for a caller with a live session | `edge/validation.py` |
    | `arguments`, `query` | the parameters and the content, checked; the query in canonical form | `edge/validation.py` |
    """

    method: str = "GET"
    path: str = ""
    query_string: bytes = b""
    fields: list[Field] = field(default_factory=list)
    target_size: int = 0
    peer: str = ""
    stopping: Stopping = field(default_factory=Stopping)
    scope: Scope = field(default_factory=dict)
    receive: Receive = _receive_nothing
    request_id: str = ""
    address: str = ""
    prefix: str = ""
    content: bytes = b""
    operation: Operation | None = None
    path_values: dict[str, Any] = field(default_factory=dict)
    deadline: Deadline | None = None
    claims: Claims | None = None
    has_bad_token: bool = False
    tier: str | None = None
    rate_limit_fields: dict[str, str] = field(default_factory=dict)
    redis_wait: RedisWait = field(default_factory=RedisWait)
    caller: Caller | None = None
    refusal: Problem | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)

    def values(self, name: bytes) -> list[str]:
        """Return the values of a field, in the order in which they came."""
        return [value.decode("latin-1") for key, value in self.fields if key == name]


_current: ContextVar[RequestContext] = ContextVar("request")


def current() -> RequestContext:
    """
    Return the context of the request that is being answered.

    Raises LookupError outside of a request.
    """
    return _current.get()


def current_id() -> str | None:
    """Return the id of the request that is being answered; None outside of a request, and before it has one."""
    request = _current.get(None)
    return request.request_id or None if request else None


def begin(request: RequestContext) -> None:
    """Make a request the current one for the rest of its task."""
    _current.set(request)


@contextmanager
def within(request: RequestContext) -> Iterator[None]:
    """Make a request the current one for a while."""
    token = _current.set(request)
    try:
        yield
    finally:
        _current.reset(token)
