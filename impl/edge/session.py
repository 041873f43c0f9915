"""
The session behind a verified token, and the role: looked up for each request, in the thread that does its work.

connexion's own security layer asks before anything else is known of the request, which would take a thread of its own.
It answers 401 without WWW-Authenticate and looks at no token on public operations; both are promised here.
"""

from collections.abc import Callable

from ..auth.sessions import find_caller
from ..contract.authorization import require_role
from ..contract.contract import Operation
from ..problems import InvalidToken, MissingToken
from ..request_context import RequestContext


def asks_for_session(operation: Operation) -> bool:
    """Tell whether an operation looks at a token at all: one that declares no 401 does not."""
    return not operation.is_public or "401" in operation.raw["responses"]


def require_token(request: RequestContext) -> None:
    """
    Refuse a request without a token, for an operation that is not public.

    Raises MissingToken.
    """
    if request.claims is None:
        raise MissingToken()


def requiring_caller(operation: Operation) -> Callable[[RequestContext], None]:
    """Make the function that admits a caller whose session lives and whose role the operation takes; it blocks."""

    def require_caller(request: RequestContext) -> None:
        """
        Note who the caller is, if there is a token.

        Raises InvalidToken or Forbidden.
        """
        if request.claims is None or request.caller is not None:
            return
        request.caller = find_caller(request.claims)
        if request.caller is None:
            raise InvalidToken()
        require_role(operation, request.caller)

    def look_at_nothing(_request: RequestContext) -> None:
        """Admit everybody."""

    return require_caller if asks_for_session(operation) else look_at_nothing
