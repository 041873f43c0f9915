"""Who asks, and what `x-access` lets them do."""

from dataclasses import dataclass

from ..problems import Forbidden, NotFound
from .contract import Operation


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified access token says."""

    user_id: int
    session_id: int


@dataclass(frozen=True, slots=True)
class Caller:
    """The user who asks, with a live session."""

    user_id: int
    session_id: int
    role: str
    tier: str

    @property
    def is_admin(self) -> bool:
        """Tell whether the caller is an admin."""
        return self.role == "admin"


def require_role(operation: Operation, caller: Caller) -> None:
    """
    Refuse a caller who may not call an operation at all.

    Raises Forbidden.
    """
    is_for_admins = operation.raw.get("x-access", {}).get("allow") == ["admin"]
    if is_for_admins and not caller.is_admin:
        raise Forbidden("Only an admin may do this.")


def require_access(operation: Operation, caller: Caller, owner_id: int) -> None:
    """
    Refuse a caller whom `x-access` does not allow for an object of this owner, or for this user.

    Raises Forbidden or NotFound, as the document says.
    """
    access = operation.raw["x-access"]
    if {"owner", "self"} & set(access["allow"]) and caller.user_id == owner_id:
        return
    if "admin" in access["allow"] and caller.is_admin:
        return
    raise (NotFound() if access["otherwise"] == 404 else Forbidden("Only the owner may do this."))
