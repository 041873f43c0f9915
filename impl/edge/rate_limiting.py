"""Whether the limits of an operation admit a request, and what the answer tells of them."""

from collections.abc import Sequence

from ..backends.bounded_redis import BoundedRedis
from ..backends.limiter import Bucket, Client, Limits
from ..contract.contract import Policy
from ..representation.answer import Answer, Field
from ..request_context import RequestContext
from .asgi import Around, Inner, before


class RateLimiting:
    """Counts requests under some policies; beyond the limiter's storage it does no I/O."""

    def __init__(self, limits: Limits, policies: Sequence[Policy], redis: BoundedRedis) -> None:
        self._limits = limits
        self._policies = policies
        self._redis = redis

    @property
    def is_remote(self) -> bool:
        """Whether the counters are in a storage that may not answer."""
        return self._limits.is_remote

    def count(self, request: RequestContext) -> None:
        """
        Count a request in this process.

        Raises RateLimited.
        """
        self._limits.count(self._buckets(request), request.rate_limit_fields)

    async def count_elsewhere(self, request: RequestContext, inner: Inner) -> Answer:
        """
        Count a request in a storage that others share: off the event loop, and only if something must be counted.

        Raises RateLimited.
        """
        if buckets := self._buckets(request):
            limits = self._limits
            states = await self._redis.ask(
                request.redis_wait, request.deadline, lambda: limits.hit(buckets), lambda: limits.hit_here(buckets)
            )
            limits.settle(states, request.rate_limit_fields)
        return await inner(request)

    def _buckets(self, request: RequestContext) -> list[Bucket]:
        client = Client(request.address, request.claims.user_id if request.claims else None)
        return self._limits.buckets(self._policies, client, request.tier)

    def step(self) -> Around:
        """Return what counts, where it has to."""
        if self.is_remote:
            return self.count_elsewhere
        return before(self.count)


def announce_limits(request: RequestContext, _answer: Answer) -> list[Field]:
    """Have an answer, whatever it is, tell what the limits still admit."""
    return [(name.lower().encode(), value.encode()) for name, value in request.rate_limit_fields.items()]
