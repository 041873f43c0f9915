"""Operations that create users and sessions, and end sessions."""

from typing import Any

from ..backends.limiter import Attempts
from ..backends.transactions import Store
from ..contract.authorization import Caller
from ..handler_marks import hashes_password
from ..representation.pagination import Here
from ..users.service import add_user
from . import sessions
from .service import SignIn


@hashes_password(lambda arguments: True)
def register_user(body: dict[str, Any], here: Here, store: Store) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Create a user."""
    user = add_user(store, body)
    return user, 201, {"Location": f"{here.base_path}/users/{user['id']}"}


@hashes_password(lambda arguments: True)
def log_in(body: dict[str, Any], attempts: Attempts, sign_in: SignIn) -> dict[str, Any]:
    """Open a session."""
    return sign_in.log_in(body["email"], body["password"], attempts)


def refresh_tokens(body: dict[str, Any], sign_in: SignIn) -> dict[str, Any]:
    """Rotate a refresh token."""
    return sign_in.renew(body["refresh_token"])


def log_out(caller: Caller, store: Store) -> None:
    """End this session."""
    return sessions.end_session(store, caller.session_id)
