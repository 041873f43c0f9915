"""Who asks, as far as a signature tells, and whether the limits of the operation admit it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from .. import current
from ..auth.tokens import AccessTokens, BadToken, Claims, bearer_token
from ..contract.contract import Operation, Policy
from ..problems import InvalidToken
from ..services import Services
from .aids import ask


class Limiting:
    """The first layer that knows the operation: it does no I/O beyond the limiter's storage."""

    def __init__(self, app: ASGIApp, operation: Operation, services: Services) -> None:
        self.app = app
        self.operation = operation
        self.services = services
        self.has_tiers = any(policy.tier for policy in operation.policies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = current.request.get()
        request.operation = self.operation
        identify(scope, request, self.services.tokens)
        tier = None
        if self.has_tiers and request.claims:
            # The store is asked where the cache does not know.
            tier = await self.services.workers.reads.run(self._tier, request.claims)
        await spend(self.services, self.operation.policies, request, tier)
        if request.token_is_bad and "401" in self.operation.raw["responses"]:
            raise InvalidToken()
        await self.app(scope, receive, send)

    def _tier(self, claims: Claims) -> str | None:
        if self.services.cache.is_remote:
            # The store would be asked for the generation of what is remembered: it may as well be asked for the tier.
            return self.services.tier_of(claims.user_id)
        return self.services.cache.memoize(self.services.tier_of, [f"user:{claims.user_id}"])(claims.user_id)


async def spend(
    services: Services, policies: tuple[Policy, ...], request: current.CurrentRequest, tier: str | None = None
) -> None:
    """
    Count a request; a storage that is not in this process is asked off the event loop, and only where it must count.

    Raises RateLimited.
    """
    if not policies:
        # An operation without limits, such as liveness, must answer whatever hangs.
        return
    limits = services.limits
    if not limits.is_remote:
        limits.spend(policies, request, tier)
        return
    buckets = limits.buckets(policies, request, tier)
    if buckets:
        states = await ask(services, lambda: limits.hit(buckets), lambda: limits.hit_here(buckets))
        limits.settle(states, request)


def identify(scope: Scope, request: current.CurrentRequest, tokens: AccessTokens) -> None:
    """Verify the token, if there is one, and remember what came of it."""
    try:
        token = bearer_token([value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"])
        request.claims = tokens.verify(token) if token is not None else None
    except BadToken:
        request.token_is_bad = True
