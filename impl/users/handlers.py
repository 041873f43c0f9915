"""Operations on the caller's own account."""

from typing import Any

from ..current import Caller
from . import service
from .schemas import dump_user


def get_me(caller: Caller) -> dict[str, Any]:
    """Read the caller's account."""
    return dump_user(service.find_user(caller.user_id))


def update_me(body: dict[str, Any], if_match: str | None, caller: Caller) -> dict[str, Any]:
    """Change the caller's account."""
    return service.change_account(caller.user_id, caller.session_id, body, if_match)


def delete_me(if_match: str | None, caller: Caller) -> None:
    """Close the caller's account."""
    return service.remove_account(caller.user_id, if_match)
