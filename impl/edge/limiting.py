"""Who asks, as far as a signature tells, and whether the limits of the operation admit it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from .. import current
from ..limits import Limits
from ..policy import Operation
from ..problems import InvalidToken
from ..tokens import AccessTokens, BadToken, bearer_token


class Limiting:
    """The first layer that knows the operation: it does no I/O beyond the limiter's storage."""

    def __init__(self, app: ASGIApp, operation: Operation, tokens: AccessTokens, limits: Limits) -> None:
        self.app = app
        self.operation = operation
        self.tokens = tokens
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = current.request.get()
        request.operation = self.operation
        identify(scope, request, self.tokens)
        self.limits.spend(self.operation.policies, request)
        if request.token_is_bad:
            raise InvalidToken()
        await self.app(scope, receive, send)


def identify(scope: Scope, request: current.CurrentRequest, tokens: AccessTokens) -> None:
    """Verify the token, if there is one, and remember what came of it."""
    try:
        token = bearer_token([value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"])
        request.claims = tokens.verify(token) if token is not None else None
    except BadToken:
        request.token_is_bad = True
