"""Accounts: one's own, and everyone's for admins."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..accounts import hash_password, is_password, with_keys
from ..cache import Cached
from ..conditions import CONDITIONAL, IfMatch
from ..guards import GUARDS, SignedIn
from ..pages import PageQuery, Pages, UserId, UserQuery
from ..problems import Problem, fault
from ..route import ContractRoute
from ..shapes import Book, BookPage, MePatch, User, UserPage, UserPatch
from ..store import BookRow, Storage, Store, UserRow, change
from ..tokens import end_all

router = APIRouter(prefix="/users", tags=["users"], route_class=ContractRoute, dependencies=GUARDS)
MERGE = Body(media_type="application/merge-patch+json")


@router.get("", dependencies=[CONDITIONAL])
def list_users(asked: Annotated[UserQuery, Query()], pages: Pages, store: Storage) -> UserPage:
    """List accounts, page by page."""
    filters = asked.model_dump(include={"role", "tier"}, exclude_none=True)
    with store.reading() as database:
        rows = select(UserRow).filter_by(**filters).order_by(UserRow.id)
        return pages.announce(pages.page(database, rows, asked, User))


@router.get("/me", dependencies=[CONDITIONAL])
def get_me(caller: SignedIn, store: Storage) -> User:
    """Read the caller's account."""
    with store.reading() as database:
        return User.model_validate(find_user(database, caller.user_id, "invalid_token"))


@router.patch("/me")
def update_me(content: Annotated[MePatch, MERGE], caller: SignedIn, condition: IfMatch, store: Storage) -> User:
    """Change the caller's account; a new password needs the present one, and ends every other session."""
    with store.reading() as database:
        present = find_user(database, caller.user_id, "invalid_token").password_hash
    changes = with_keys(with_new_password(content.changes(), present))
    return save(store, caller.user_id, condition, changes, but=caller.session_id, absent="invalid_token")


@router.delete("/me", status_code=204)
def delete_me(caller: SignedIn, condition: IfMatch, store: Storage) -> None:
    """Close the caller's account, with books and sessions."""
    remove(store, caller.user_id, condition, absent="invalid_token")


@router.get("/{user_id:id}", dependencies=[CONDITIONAL])
def get_user(user_id: UserId, caller: SignedIn, store: Storage) -> User:
    """Read an account; for anyone but itself and admins it is not there."""
    if user_id != caller.user_id and not caller.is_admin:
        raise Problem("not_found")
    with store.reading() as database:
        return User.model_validate(find_user(database, user_id))


@router.patch("/{user_id:id}")
def update_user(user_id: UserId, content: Annotated[UserPatch, MERGE], condition: IfMatch, store: Storage) -> User:
    """Change what only admins may; who is deactivated is signed out."""
    return save(store, user_id, condition, content.changes())


@router.delete("/{user_id:id}", status_code=204)
def delete_user(user_id: UserId, condition: IfMatch, store: Storage) -> None:
    """Delete an account, with books and sessions."""
    remove(store, user_id, condition)


@router.get("/{user_id:id}/books")
def list_user_books(
    user_id: UserId, asked: Annotated[PageQuery, Query()], pages: Pages, cached: Cached, store: Storage
) -> BookPage:
    """List the books of a user, page by page."""

    def make() -> dict[str, Any]:
        with store.reading() as database:
            find_user(database, user_id)
            rows = select(BookRow).where(BookRow.owner_id == user_id).order_by(BookRow.id)
            return pages.page(database, rows, asked, Book)

    return pages.announce(cached(make))


def find_user(database: Session, user_id: int, absent: str = "not_found") -> UserRow:
    """Return an account; the caller's own may be gone since the token was checked."""
    row = database.get(UserRow, user_id)
    if row is None:
        raise Problem(absent)
    return row


def save(
    store: Store, user_id: int, condition: IfMatch, changes: dict[str, Any], but: int = 0, absent: str = "not_found"
) -> Any:
    """Change an account; a new password, or the end of its activity, ends its sessions, all `but` one."""
    with store.writing() as database:
        row = find_user(database, user_id, absent)
        condition.require(User.model_validate(row))
        change(row, changes)
        if "password_hash" in changes or changes.get("active") is False:
            end_all(database, user_id, but)
        database.flush()
        return User.model_validate(row)


def remove(store: Store, user_id: int, condition: IfMatch, absent: str = "not_found") -> None:
    """Delete an account with all that is its own."""
    with store.writing() as database:
        row = find_user(database, user_id, absent)
        condition.require(User.model_validate(row))
        database.delete(row)


def with_new_password(changes: dict[str, Any], present: str) -> dict[str, Any]:
    """Put the hash of a new password in its place, if the present one was given."""
    proof = changes.pop("current_password", "")
    if "password" in changes:
        if not is_password(present, proof):
            told = "A new password needs the present one here."
            raise Problem("invalid_content", faults=[fault("/current_password", "wrong_password", told)])
        changes["password_hash"] = hash_password(changes.pop("password"))
    return changes
