"""Operations that open accounts and sessions, and end them."""

from typing import Any

from ..backends.limiter import Attempts
from ..backends.workers import hashes_password
from ..current import Caller
from ..representation.pagination import Here
from ..services import Services
from ..users.service import add_user
from . import service, sessions


@hashes_password(lambda arguments: True)
def register_user(body: dict[str, Any], here: Here) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Open an account."""
    user = add_user(body)
    return user, 201, {"Location": f"{here.base_path}/users/{user['id']}"}


@hashes_password(lambda arguments: True)
def log_in(body: dict[str, Any], attempts: Attempts, services: Services) -> dict[str, Any]:
    """Open a session."""
    return service.log_in(body["email"], body["password"], attempts, services)


def refresh_tokens(body: dict[str, Any], services: Services) -> dict[str, Any]:
    """Rotate a refresh token."""
    return service.renew(body["refresh_token"], services)


def log_out(caller: Caller) -> None:
    """End this session."""
    return sessions.end_session(caller.session_id)
