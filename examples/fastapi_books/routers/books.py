"""Books: public to read, written by their owner or an admin."""

from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Body, Header, Request, Response
from sqlalchemy import update
from sqlalchemy.orm import Session

from ..cache import Cached
from ..conditions import IfMatch
from ..contract import bounds, contract
from ..guards import GUARDS, Caller, SignedIn
from ..idempotency import once
from ..pages import BookId
from ..problems import Problem
from ..route import ContractRoute
from ..shapes import Book, BookInput, BookPatch
from ..store import BookRow, Storage, Store, change, now

router = APIRouter(prefix="/books", tags=["books"], route_class=ContractRoute, dependencies=GUARDS)
Key = Annotated[str | None, Header(alias="Idempotency-Key", **bounds(contract.parameter("IdempotencyKey")))]
MERGE = Body(media_type="application/merge-patch+json")


@router.post("", status_code=201)
def create_book(content: BookInput, caller: SignedIn, store: Storage, response: Response, key: Key = None) -> Book:
    """Add a book, once per Idempotency-Key."""

    def make() -> Any:
        moment = now()
        row = BookRow(owner_id=caller.user_id, **content.model_dump(), created_at=moment, updated_at=moment)
        database.add(row)
        database.flush()
        return Book.model_validate(row)

    with store.writing() as database:
        book, is_replay = once(database, caller.user_id, key, content, make)
    response.headers["Location"] = f"{contract.base_path}/books/{book.id}"
    if is_replay:
        response.headers["Idempotent-Replayed"] = "true"
    return book


@router.get("/{book_id:id}")
def get_book(book_id: BookId, request: Request, cached: Cached, store: Storage, tasks: BackgroundTasks) -> Book:
    """Read a book; unless the answer becomes a 304, that is a view."""

    def make() -> Any:
        with store.reading() as database:
            return Book.model_validate(find_book(database, book_id))

    if not request.state.is_head:
        tasks.add_task(count_view, store, book_id)
    return cached(make)


@router.put("/{book_id:id}")
def replace_book(book_id: BookId, content: BookInput, caller: SignedIn, condition: IfMatch, store: Storage) -> Book:
    """Replace a book."""
    return save(store, book_id, caller, condition, content.model_dump())


@router.patch("/{book_id:id}")
def update_book(
    book_id: BookId, content: Annotated[BookPatch, MERGE], caller: SignedIn, condition: IfMatch, store: Storage
) -> Book:
    """Change a book."""
    return save(store, book_id, caller, condition, content.changes())


@router.delete("/{book_id:id}", status_code=204)
def delete_book(book_id: BookId, caller: SignedIn, condition: IfMatch, store: Storage) -> None:
    """Delete a book."""
    with store.writing() as database:
        database.delete(own_book(database, book_id, caller, condition))


def find_book(database: Session, book_id: int) -> BookRow:
    """Return a book that is there."""
    row = database.get(BookRow, book_id)
    if row is None:
        raise Problem("not_found", "There is no book with this id.")
    return row


def own_book(database: Session, book_id: int, caller: Caller, condition: IfMatch) -> BookRow:
    """Return a book that this caller may write, and has seen as it is."""
    row = find_book(database, book_id)
    if row.owner_id != caller.user_id and not caller.is_admin:
        raise Problem("forbidden", "Only the owner may do this.")
    condition.require(Book.model_validate(row))
    return row


def save(store: Store, book_id: int, caller: Caller, condition: IfMatch, values: dict[str, Any]) -> Any:
    """Write what is new, and return the book as it is then."""
    with store.writing() as database:
        row = own_book(database, book_id, caller, condition)
        change(row, values)
        database.flush()
        return Book.model_validate(row)


def count_view(store: Store, book_id: int) -> None:
    """Count a view, which no cached answer has to know at once."""
    with store.writing_quietly() as database:
        database.execute(update(BookRow).where(BookRow.id == book_id).values(views=BookRow.views + 1))
