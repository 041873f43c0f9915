"""What every request has to pass, in the order that the document gives: limits, token, session, role, media type."""

from email.message import Message
from typing import Annotated, NamedTuple
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select

from .contract import Operation, contract
from .limits import buckets_of
from .problems import Problem, fault, pointer_to
from .store import LogInRow, Storage, Store, UserRow
from .tokens import Claims, bearer_token


class Caller(NamedTuple):
    """Who asks."""

    user_id: int
    session_id: int
    is_admin: bool


async def find_operation(request: Request) -> Operation:
    """Return the document's operation that has the name of the path operation."""
    return contract.operations[request.scope["route"].name]


ThisOperation = Annotated[Operation, Depends(find_operation)]


def presented(request: Request) -> tuple[Claims | None, Problem | None]:
    """Return what the token says, if it is a good one, and what is wrong with a bad one."""
    try:
        token = bearer_token(request.headers.getlist("authorization"))
        return (None if token is None else request.app.state.tokens.verify(token)), None
    except Problem as problem:
        return None, problem


async def count_request(request: Request, operation: ThisOperation, store: Storage) -> Claims | None:
    """Spend the limits; a bad token counts for the address it came from, and is nothing to operations without a 401."""
    claims, problem = presented(request)
    user_id = None if claims is None else claims.user_id
    tier = None
    if user_id is not None and any(policy.tier for policy in operation.policies):
        tier = await run_in_threadpool(find_tier, store, user_id)
    buckets = buckets_of(operation.policies, request, user_id, tier)
    request.app.state.limits.spend(buckets, request.state.headers)
    if 401 not in operation.headers:
        return None
    if problem:
        raise problem
    return claims


async def find_caller(
    claims: Annotated[Claims | None, Depends(count_request)], operation: ThisOperation, store: Storage
) -> Caller | None:
    """Return who asks; nobody, where the operation is public and there is no token."""
    if claims is None:
        if operation.is_public:
            return None
        raise Problem("missing_token")
    caller = await run_in_threadpool(find_session, store, claims)
    if caller is None:
        raise Problem("invalid_token")
    if operation.is_for_admins and not caller.is_admin:
        raise Problem("forbidden", "Only an admin may do this.")
    return caller


def find_session(store: Store, claims: Claims) -> Caller | None:
    """Return who a token stands for, if the session lives and the account is active."""
    live = (LogInRow.id == claims.session_id, UserRow.id == claims.user_id, UserRow.active)
    with store.reading() as database:
        role = database.scalar(select(UserRow.role).join(LogInRow, LogInRow.user_id == UserRow.id).where(*live))
    return Caller(*claims, role == "admin") if role else None


def find_tier(store: Store, user_id: int) -> str | None:
    """Return the tier of an account."""
    with store.reading() as database:
        return database.scalar(select(UserRow.tier).where(UserRow.id == user_id))


async def check_media_type(request: Request, operation: ThisOperation) -> None:
    """Refuse content that is not what the operation takes, in UTF-8 and as it is."""
    given = request.headers.getlist("content-type")
    if not operation.media_types or not (given or request.state.content):
        return
    field = Message()
    field["content-type"] = given[0] if len(given) == 1 else "unknown/unknown"
    charset = str(field.get_param("charset", "utf-8")).lower()
    is_plain = charset in ("utf-8", "utf8") and "content-encoding" not in request.headers
    if not is_plain or field.get_content_type() not in operation.media_types:
        wanted = " or ".join(operation.media_types)
        raise Problem("unsupported_media_type", f"Send the content as {wanted}, in UTF-8 and not encoded.")


async def check_query(request: Request, operation: ThisOperation) -> None:
    """Refuse what cannot be read, and query parameters that are unknown or repeated."""
    try:
        given = parse_qsl(request.scope["query_string"].decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        unreadable = fault("/query", "encoding", "The query is not percent-encoded UTF-8.")
        raise Problem("invalid_parameter", faults=[unreadable]) from None
    names = [name for name, _ in given]
    wrong = {name: ("repeated_parameter", "Give this parameter once.") for name in names if names.count(name) > 1}
    unknown = ("unknown_parameter", "This operation has no such parameter.")
    wrong |= dict.fromkeys((name for name in names if name not in operation.query), unknown)
    if wrong:
        faults = [fault(pointer_to("query", name), *told) for name, told in wrong.items()]
        raise Problem("invalid_parameter", faults=faults)


GUARDS = [Depends(find_caller), Depends(check_media_type), Depends(check_query)]
Anyone = Annotated[Caller | None, Depends(find_caller)]
SignedIn = Annotated[Caller, Depends(find_caller)]
