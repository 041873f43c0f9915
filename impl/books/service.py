"""What can be done with books."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute

from ..current import Caller
from ..pagination import fetch_page
from ..policy import Operation
from ..preconditions import require_match
from ..problems import NotFound, PreconditionFailed
from ..representation import tag_of
from ..store import db, now, writing
from .models import Book
from .schemas import dump_book, load_book

COLUMNS = list(Book.__table__.columns)
SORTABLE: dict[str, InstrumentedAttribute[Any]] = {
    "title": Book.title,
    "author": Book.author,
    "published_year": Book.published_year,
    "price": Book.price_cents,
}
SORTABLE |= {"created_at": Book.created_at}

FILTERS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "genre": lambda value: Book.genre == value,
    "author": lambda value: Book.author == value,
    "year_from": lambda value: Book.published_year >= value,
    "year_to": lambda value: Book.published_year <= value,
}


def list_books(filters: dict[str, Any], sort: str | None, page: int, per_page: int) -> tuple[list[Any], int]:
    """Return one page of the books that match, and how many match in all."""
    query = _ordered(_filtered(select(*COLUMNS), filters), sort)
    rows, total = fetch_page(query, page, per_page)
    return [dump_book(row) for row in rows], total


def add_book(caller: Caller, content: dict[str, Any]) -> dict[str, Any]:
    """
    Add a book of the caller's.

    Raises InvalidContent or Conflict.
    """
    values = load_book(content)
    with writing() as session:
        book = Book(**values, owner_id=caller.user_id)
        session.add(book)
        session.flush()
        return dump_book(book)


def find_book(book_id: int) -> Any:
    """
    Return a book as a row.

    Raises NotFound.
    """
    row = db.session.execute(select(*COLUMNS).where(Book.id == book_id)).first()
    if row is None:
        raise NotFound("There is no book with this id.")
    return row


def change_book(
    operation: Operation, caller: Caller, book_id: int, content: dict[str, Any], if_match: str | None
) -> dict[str, Any]:
    """
    Replace a book, or change what a merge patch names; a change that changes nothing leaves no trace.

    Raises InvalidContent, NotFound, Forbidden, PreconditionFailed and its kin, or Conflict.
    """
    values = load_book(content, partial=operation.method == "PATCH")
    book = _owned_book(operation, caller, book_id, if_match)
    changed = {name: value for name, value in values.items() if getattr(book, name) != value}
    if not changed:
        return dump_book(book)
    with writing() as session:
        condition = (Book.id == book_id, Book.version == book.version)
        later = {"version": book.version + 1, "updated_at": now()}
        if session.execute(update(Book).where(*condition).values(**changed, **later)).rowcount == 0:
            raise PreconditionFailed()
        return dump_book(find_book(book_id))


def remove_book(operation: Operation, caller: Caller, book_id: int, if_match: str | None) -> None:
    """
    Delete a book.

    Raises NotFound, Forbidden, PreconditionFailed and its kin.
    """
    book = _owned_book(operation, caller, book_id, if_match)
    with writing() as session:
        if session.execute(delete(Book).where(Book.id == book_id, Book.version == book.version)).rowcount == 0:
            raise PreconditionFailed()


def _owned_book(operation: Operation, caller: Caller, book_id: int, if_match: str | None) -> Any:
    book = find_book(book_id)
    operation.require(caller, book.owner_id)
    require_match(if_match, tag_of(dump_book(book)))
    return book


def _filtered(query: Select[Any], filters: dict[str, Any]) -> Select[Any]:
    return query.where(*(FILTERS[name](value) for name, value in filters.items() if value is not None))


def _ordered(query: Select[Any], sort: str | None) -> Select[Any]:
    if sort is None:
        return query.order_by(Book.id)
    column = SORTABLE[sort.removeprefix("-")]
    first = column.desc() if sort.startswith("-") else column.asc()
    return query.order_by(column.is_(None), first, Book.id)
