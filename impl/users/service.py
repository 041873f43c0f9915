"""What can be done with users."""

from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from ..auth.passwords import hash_password, is_password
from ..auth.sessions import end_sessions_of
from ..backends.page_query import PagedQuery, fetch_page
from ..backends.reads import Query
from ..backends.store import now
from ..backends.transactions import Store
from ..books.service import touched_by_removal
from ..contract.authorization import Caller
from ..problems import InvalidContent, InvalidToken, NotFound, PreconditionFailed, fault
from ..representation.content import tag_of
from ..representation.preconditions import require_match
from .models import COLUMNS, USERS, User, UserRow
from .schemas import canonical, dump_user

ONE_USER = Query(select(*COLUMNS).where(USERS.c.id == bindparam("user")))
KEYS = {"email": "email_key", "username": "username_key"}


def add_user(store: Store, values: dict[str, Any], *, role: str = "user") -> dict[str, Any]:
    """
    Create a user.

    Raises Conflict.
    """
    password_hash = hash_password(values["password"])
    kept = {name: value for name, value in values.items() if name != "password"}
    # No kept answer shows a user, and the new one owns nothing yet.
    with store.writing(()) as session:
        user = User(**_with_keys(kept), password_hash=password_hash, role=role)
        session.add(user)
        session.flush()
        return dump_user(user)


def find_me(user_id: int) -> UserRow:
    """
    Return the user who asks.

    Raises InvalidToken for one who is gone since the token was checked.
    """
    row = ONE_USER.first({"user": user_id})
    if row is None:
        raise InvalidToken()
    return UserRow(*row)


def list_users(filters: dict[str, Any], page: int, per_page: int) -> tuple[list[dict[str, Any]], int]:
    """Return one page of the users who match, and how many match in all."""
    given = {name: value for name, value in filters.items() if value is not None}
    rows, total = fetch_page(_users_having(tuple(given)).having(given), page, per_page)
    return [dump_user(row) for row in rows], total


@cache
def _users_having(names: tuple[str, ...]) -> PagedQuery:
    """Return the query for users, filtered by some columns; there are as many as there are sets of filters."""
    conditions = [USERS.c[name] == bindparam(name) for name in names]
    return PagedQuery.of(select(*COLUMNS).where(*conditions).order_by(USERS.c.id), UserRow)


def find_user(user_id: int) -> UserRow:
    """
    Return any user.

    Raises NotFound.
    """
    row = ONE_USER.first({"user": user_id})
    if row is None:
        # The very answer that hides a user: nobody learns which ids exist.
        raise NotFound()
    return UserRow(*row)


def administer_user(store: Store, user_id: int, patch: dict[str, Any], if_match: str | None) -> dict[str, Any]:
    """
    Apply an admin's merge patch; deactivating a user ends the user's sessions.

    Raises NotFound, PreconditionFailed and its kin.
    """
    user = find_user(user_id)
    require_match(if_match, tag_of(dump_user(user)))
    return dump_user(_save(store, user, patch, end_sessions=patch.get("active") is False))


def change_me(store: Store, caller: Caller, patch: dict[str, Any], if_match: str | None) -> dict[str, Any]:
    """
    Apply a merge patch to the user who asks; a new password ends the other sessions.

    Raises InvalidContent, PreconditionFailed and its kin, or Conflict.
    """
    user = find_me(caller.user_id)
    changes = _checked_patch(user, patch)
    require_match(if_match, tag_of(dump_user(user)))
    return dump_user(_save(store, user, changes, end_sessions="password_hash" in changes, but=caller.session_id))


def remove_user(store: Store, user: UserRow, if_match: str | None) -> None:
    """
    Delete a user with all books and sessions, all or nothing.

    Raises PreconditionFailed and its kin.
    """
    require_match(if_match, tag_of(dump_user(user)))
    user_id, condition = user.id, (User.id == user.id, User.version == user.version)
    touched = {f"user:{user_id}"}
    with store.writing(touched) as session:
        # Locked first: a book that was added after its owner's books were counted would go unnamed.
        if session.execute(select(User.id).where(*condition).with_for_update()).first() is None:
            raise PreconditionFailed()
        touched |= touched_by_removal(user_id)
        session.execute(delete(User).where(*condition))


def _save(
    store: Store, user: UserRow, changes: dict[str, Any], *, end_sessions: bool, but: int | None = None
) -> UserRow:
    changed = {name: value for name, value in changes.items() if getattr(user, name) != value}
    if not changed:
        return user
    user_id, condition = user.id, (User.id == user.id, User.version == user.version)
    later: dict[str, Any] = {"version": user.version + 1, "updated_at": now()}
    with store.writing({f"user:{user_id}"}) as session:
        if session.execute(update(User).where(*condition).values(**changed, **later)).rowcount == 0:
            raise PreconditionFailed()
        if end_sessions:
            end_sessions_of(user_id, but=but)
    return user._replace(**changed, **later)


def _checked_patch(user: UserRow, patch: dict[str, Any]) -> dict[str, Any]:
    changes = dict(patch)
    proof = changes.pop("current_password", None)
    if "password" in changes:
        if proof is None or not is_password(user.password_hash, proof):
            detail = "A new password needs the present one here."
            raise InvalidContent(faults=[fault("/current_password", "wrong_password", detail)])
        changes["password_hash"] = hash_password(changes.pop("password"))
    return _with_keys(changes)


def _with_keys(values: dict[str, Any]) -> dict[str, Any]:
    return values | {key: canonical(values[name]) for name, key in KEYS.items() if name in values}
