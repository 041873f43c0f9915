"""Whether the limits of an operation admit a request, and what the answer tells of them."""

from collections.abc import Sequence

from ..backends.bounded_redis import BoundedRedis
from ..backends.limiter import Client, Limits
from ..contract.contract import Policy
from ..representation.answer import Answer
from ..request_context import RequestContext
from .asgi import Inner


class RateLimiting:
    """Counts requests under some policies; beyond the limiter's storage it does no I/O."""

    def __init__(self, limits: Limits, policies: Sequence[Policy], redis: BoundedRedis) -> None:
        self._limits = limits
        self._policies = policies
        self._redis = redis

    async def count(self, request: RequestContext) -> None:
        """
        Count a request; a storage that is not in this process is asked off the event loop, and only if it must count.

        Raises RateLimited.
        """
        if not self._policies:
            # An operation without limits, such as liveness, must answer whatever hangs.
            return
        limits, fields = self._limits, request.rate_limit_fields
        client = Client(request.address, request.claims.user_id if request.claims else None)
        buckets = limits.buckets(self._policies, client, request.tier)
        if not limits.is_remote:
            limits.count(buckets, fields)
        elif buckets:
            states = await self._redis.ask(
                request.redis_wait, request.deadline, lambda: limits.hit(buckets), lambda: limits.hit_here(buckets)
            )
            limits.settle(states, fields)


async def announce_limits(request: RequestContext, inner: Inner) -> Answer:
    """Have an answer, whatever it is, tell what the limits still admit."""
    answer = await inner(request)
    fields = request.rate_limit_fields.items()
    return answer.adding(*((name.lower().encode(), value.encode()) for name, value in fields))
