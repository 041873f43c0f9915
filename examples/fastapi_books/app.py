"""The application: `uvicorn --factory examples.fastapi_books.app:create_app`."""

import logging
import os
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException

from .cache import Cache
from .contract import ID, contract
from .cors import Cors, origins_by_group
from .edge import Entrance, Framing
from .guards import presented
from .limits import Limits, buckets_of
from .pages import Cursors
from .problems import Problem, ProblemResponse
from .route import as_problem
from .store import Store
from .tokens import AccessTokens

log = logging.getLogger(__name__)


class CanonicalId(StringConvertor):
    """A path segment that is an integer in its one spelling; its range is the parameter's affair."""

    regex = ID


# Before the routers: they use it.
register_url_convertor("id", CanonicalId())

from .routers import auth, books, lists, system, users  # noqa: E402


def create_app() -> FastAPI:
    """Build the service that SECRET_KEY, DATABASE_URL, CORS_ORIGINS with its groups and OPENAPI_DOCUMENT describe."""
    secret = os.environ.get("SECRET_KEY", "")
    if len(secret) < 32:
        raise SystemExit("SECRET_KEY must be set, to 32 characters or more")
    app = FastAPI(openapi_url=None, redirect_slashes=False, exception_handlers=ANSWERED)
    app.state.cache, app.state.limits = Cache(), Limits()
    app.state.store = Store(os.environ.get("DATABASE_URL", "sqlite:///books.db"), after_write=app.state.cache.clear)
    app.state.tokens, app.state.cursors = AccessTokens(secret), Cursors(secret)
    for module in (auth, users, lists, books, system):
        app.include_router(module.router, prefix=contract.base_path)
    app.add_middleware(Entrance)
    app.add_middleware(Cors, contract=contract, origins=origins_by_group(contract))
    app.add_middleware(Framing)
    return app


async def tell(request: Request, problem: Problem) -> Response:
    """Answer a problem."""
    return ProblemResponse(problem, request.state.request_id)


async def tell_what_is_invalid(request: Request, error: RequestValidationError) -> Response:
    """Answer what pydantic found."""
    return await tell(request, as_problem(error, request))


async def tell_of_the_outage(request: Request, error: OperationalError) -> Response:
    """Answer that the store is away; what it said is for the log."""
    log.error("the store cannot be used", exc_info=error)
    return await tell(request, Problem("unavailable", headers={"Retry-After": "5"}))


async def tell_the_lost(request: Request, _: HTTPException) -> Response:
    """Answer for the router: a path that is not there, a method that it does not take, or OPTIONS."""
    claims = presented(request)[0]
    buckets = buckets_of(contract.unrouted, request, claims and claims.user_id, None)
    request.app.state.limits.spend(buckets, request.state.headers)
    allowed = ", ".join(contract.allowed(request.scope["path"]))
    if not allowed:
        return await tell(request, Problem("not_found"))
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": allowed})
    return await tell(request, Problem("method_not_allowed", headers={"Allow": allowed}))


ANSWERED: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    Problem: tell,
    RequestValidationError: tell_what_is_invalid,
    HTTPException: tell_the_lost,
    OperationalError: tell_of_the_outage,
}
