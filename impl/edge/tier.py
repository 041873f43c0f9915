"""The tier that sets the quotas of a signed-in user."""

from collections.abc import Callable

from ..backends.cache import AnswerCache
from ..backends.workers import Pool
from ..contract.authorization import Claims
from ..request_context import RequestContext


class Tiers:
    """Finds the tier of a user: in the cache of this process, else in the store."""

    def __init__(self, tier_of: Callable[[int], str | None], cache: AnswerCache, reads: Pool) -> None:
        self._tier_of = tier_of
        self._cache = cache
        self._reads = reads

    async def find_tier(self, request: RequestContext) -> None:
        """Note the tier of a user who showed a token; nobody else has one."""
        if request.claims:
            request.tier = await self._reads.run(self._find, request.claims)

    def _find(self, claims: Claims) -> str | None:
        if self._cache.is_remote:
            # The store would be asked for the generation of what is remembered: it may as well be asked for the tier.
            return self._tier_of(claims.user_id)
        return self._cache.memoize(self._tier_of, [f"user:{claims.user_id}"])(claims.user_id)
