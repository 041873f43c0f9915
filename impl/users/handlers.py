"""Operations on the caller's own account."""

from typing import Any

from ..backends.generations import shows
from ..backends.workers import hashes_password
from ..books.service import list_books_of
from ..contract.contract import Operation
from ..current import Caller
from ..representation.pagination import Here, envelope
from ..services import Services
from . import service
from .schemas import dump_user


def get_me(caller: Caller) -> dict[str, Any]:
    """Read the caller's account."""
    return dump_user(service.find_user(caller.user_id))


@hashes_password(lambda arguments: "password" in arguments["body"])
def update_me(body: dict[str, Any], if_match: str | None, caller: Caller) -> dict[str, Any]:
    """Change the caller's account."""
    return service.change_account(caller.user_id, caller.session_id, body, if_match)


def delete_me(if_match: str | None, caller: Caller) -> None:
    """Close the caller's account."""
    return service.remove_account(service.find_user(caller.user_id), if_match)


def list_users(page: int, per_page: int, role: str | None, tier: str | None, here: Here) -> dict[str, Any]:
    """List accounts, page by page."""
    items, total = service.list_users({"role": role, "tier": tier}, page, per_page)
    return envelope(items, total, page, per_page, here)


def get_user(user_id: int, caller: Caller, operation: Operation) -> dict[str, Any]:
    """Read an account."""
    operation.require(caller, user_id)
    return dump_user(service.find_account(user_id))


def update_user(user_id: int, body: dict[str, Any], if_match: str | None) -> dict[str, Any]:
    """Change what only admins may."""
    return service.administer_account(user_id, body, if_match)


def delete_user(user_id: int, if_match: str | None) -> None:
    """Delete an account."""
    return service.remove_account(service.find_account(user_id), if_match)


@shows("owner:{user_id}", "user:{user_id}")
def list_user_books(user_id: int, page: int, per_page: int, here: Here, services: Services) -> dict[str, Any]:
    """List the books of a user, page by page."""
    # Asked for before anything is read: what a write changes meanwhile is kept with a generation that has ended.
    remembered = services.cache.memoize(list_books_of, [f"owner:{user_id}"])
    service.find_account(user_id)
    items, total = remembered(user_id, page, per_page)
    return envelope(items, total, page, per_page, here)
