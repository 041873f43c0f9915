"""The tier that sets the quotas of a signed-in user."""

from collections.abc import Callable

from ..backends.cache import AnswerCache
from ..backends.workers import Pool
from ..contract.authorization import Claims
from ..representation.answer import Answer
from ..request_context import RequestContext
from .asgi import Inner
from .deadlines import Deadlines


class Tiers:
    """Finds the tier of a user: in the cache of this process, else in the store."""

    def __init__(
        self, tier_of: Callable[[int], str | None], cache: AnswerCache, reads: Pool, deadlines: Deadlines
    ) -> None:
        self._tier_of = tier_of
        self._cache = cache
        self._reads = reads
        self._deadlines = deadlines

    async def find_tier(self, request: RequestContext, inner: Inner) -> Answer:
        """Note the tier of a user who showed a token; nobody else has one."""
        claims = request.claims
        if claims is None:
            return await inner(request)
        remembered = (
            None if self._cache.is_remote else self._cache.remembered(self._tier_of, _shown(claims), claims.user_id)
        )
        if remembered is not None:
            request.tier = remembered.value
            return await inner(request)

        async def find_then_ask(request: RequestContext) -> Answer:
            request.tier = await self._reads.run(self._find, claims)
            return await inner(request)

        return await self._deadlines(request, find_then_ask)

    def _find(self, claims: Claims) -> str | None:
        if self._cache.is_remote:
            # The store would be asked for the generation of what is remembered: it may as well be asked for the tier.
            return self._tier_of(claims.user_id)
        return self._cache.memoize(self._tier_of, _shown(claims))(claims.user_id)


def _shown(claims: Claims) -> list[str]:
    return [f"user:{claims.user_id}"]
