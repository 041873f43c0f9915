"""
connexion's security step: the session behind a verified token, and the role.

connexion answers 401 without WWW-Authenticate and looks at no token on public operations; both are promised here.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from connexion.security import AbstractSecurityHandler

from .. import request_context
from ..contract.authorization import Caller, Claims, require_role
from ..contract.contract import Contract, Json
from ..problems import InvalidToken, MissingToken

FindCaller = Callable[[Claims], Awaitable[Caller | None]]


class BearerSession(AbstractSecurityHandler):
    """Admits a caller whose session lives and whose role the operation takes."""

    def __init__(self, find_caller: FindCaller) -> None:
        self._find_caller = find_caller

    def get_fn(self, security_scheme: Json, required_scopes: list[str]) -> Callable[[Any], Awaitable[Any]]:
        """Return the function that connexion calls for each request."""
        return self._verify

    async def _verify(self, _request: Any) -> Any:
        request = request_context.current()
        assert request.operation is not None
        if request.claims is None:
            if request.operation.is_public:
                return {}
            raise MissingToken()
        request.caller = await self._find_caller(request.claims)
        if request.caller is None:
            raise InvalidToken()
        require_role(request.operation, request.caller)
        return {"sub": str(request.caller.user_id)}


def with_tokens_everywhere(contract: Contract) -> Json:
    """
    Return the document with the scheme on public operations that answer 401, so that connexion looks at a token there.

    An empty alternative beside it would not do: connexion tries it after a refusal, and a dead session would pass.
    """
    schemes: list[Json] = [{name: []} for name in contract.raw["components"]["securitySchemes"]]
    public = {o.id for o in contract.operations.values() if o.is_public and "401" in o.raw["responses"]}
    paths = {
        path: {
            method: {**raw, "security": schemes} if isinstance(raw, dict) and raw.get("operationId") in public else raw
            for method, raw in item.items()
        }
        for path, item in contract.raw["paths"].items()
    }
    return {**contract.raw, "paths": paths}
