"""Operations on users."""

from typing import Any

from ..backends.cache import AnswerCache
from ..backends.transactions import Store
from ..books.service import list_books_of
from ..contract.authorization import Caller, require_access
from ..contract.contract import Operation
from ..handler_marks import hashes_password, shows
from ..representation.pagination import Here, envelope
from . import service
from .schemas import dump_user


def get_me(caller: Caller) -> dict[str, Any]:
    """Read the user who asks."""
    return dump_user(service.find_me(caller.user_id))


@hashes_password(lambda arguments: "password" in arguments["body"])
def update_me(body: dict[str, Any], if_match: str | None, caller: Caller, store: Store) -> dict[str, Any]:
    """Change the user who asks."""
    return service.change_me(store, caller, body, if_match)


def delete_me(if_match: str | None, caller: Caller, store: Store) -> None:
    """Delete the user who asks."""
    return service.remove_user(store, service.find_me(caller.user_id), if_match)


def list_users(page: int, per_page: int, role: str | None, tier: str | None, here: Here) -> dict[str, Any]:
    """List users, page by page."""
    items, total = service.list_users({"role": role, "tier": tier}, page, per_page)
    return envelope(items, total, page, per_page, here)


def get_user(user_id: int, caller: Caller, operation: Operation) -> dict[str, Any]:
    """Read a user."""
    require_access(operation, caller, user_id)
    return dump_user(service.find_user(user_id))


def update_user(user_id: int, body: dict[str, Any], if_match: str | None, store: Store) -> dict[str, Any]:
    """Change what only admins may."""
    return service.administer_user(store, user_id, body, if_match)


def delete_user(user_id: int, if_match: str | None, store: Store) -> None:
    """Delete a user."""
    return service.remove_user(store, service.find_user(user_id), if_match)


@shows("owner:{user_id}", "user:{user_id}")
def list_user_books(user_id: int, page: int, per_page: int, here: Here, cache: AnswerCache) -> dict[str, Any]:
    """List the books of a user, page by page."""
    # Asked for before anything is read: what a write changes meanwhile is kept with a generation that has ended.
    remembered = cache.memoize(list_books_of, [f"owner:{user_id}"])
    service.find_user(user_id)
    items, total = remembered(user_id, page, per_page)
    return envelope(items, total, page, per_page, here)
