"""Operations that open accounts and sessions, and end them."""

from typing import Any

from ..current import Caller
from ..limits import Attempts
from ..pagination import Here
from ..parts import Parts
from ..users.service import add_user
from ..workers import hashes_password
from . import service, sessions


@hashes_password(lambda arguments: True)
def register_user(body: dict[str, Any], here: Here) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Open an account."""
    user = add_user(body)
    return user, 201, {"Location": f"{here.base_path}/users/{user['id']}"}


@hashes_password(lambda arguments: True)
def log_in(body: dict[str, Any], attempts: Attempts, parts: Parts) -> dict[str, Any]:
    """Open a session."""
    return service.log_in(body["email"], body["password"], attempts, parts)


def refresh_tokens(body: dict[str, Any], parts: Parts) -> dict[str, Any]:
    """Rotate a refresh token."""
    return service.renew(body["refresh_token"], parts)


def log_out(caller: Caller) -> None:
    """End this session."""
    return sessions.end_session(caller.session_id)
