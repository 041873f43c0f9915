"""Who asks, as far as a signature tells; whether the session lives is asked later."""

from ..auth.tokens import AccessTokens, BadToken, bearer_token
from ..problems import InvalidToken
from ..request_context import RequestContext


class Authentication:
    """Verifies access tokens."""

    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens

    def verify_token(self, request: RequestContext) -> None:
        """Verify the token, if there is one, and note what came of it; a bad one is refused after it was counted."""
        try:
            token = bearer_token(request.values(b"authorization"))
            request.claims = self._tokens.verify(token) if token is not None else None
        except BadToken:
            request.has_bad_token = True


def refuse_bad_token(request: RequestContext) -> None:
    """
    Refuse a token that is malformed, forged or expired.

    Raises InvalidToken.
    """
    if request.has_bad_token:
        raise InvalidToken()
