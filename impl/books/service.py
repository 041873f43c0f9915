"""What can be done with books."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from ..backends.generations import EVERYTHING
from ..backends.page_query import fetch_page
from ..backends.store import db, now
from ..backends.transactions import Store
from ..contract.authorization import Caller, require_access
from ..contract.contract import Operation
from ..problems import InvalidToken, KeyInFlight, NotFound, PreconditionFailed
from ..representation.content import tag_of
from ..representation.preconditions import require_match
from .idempotency import KeysInFlight, find_answer, keep_answer
from .models import Book
from .schemas import dump_book, load_book
from .search import contains, search_text

# How many books one write names before it touches everything.
MOST_NAMED = 200
COLUMNS = list(Book.__table__.columns)
ONE_BOOK = select(*COLUMNS).where(Book.__table__.c.id == bindparam("book"))
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


def touched_books(owner_id: int, book_ids: Collection[int] = ()) -> set[str]:
    """
    Name what kept answers a write to books of one owner touches: lists of all kinds, the owner's books, each of the books.

    A new book is nowhere yet but in lists: its id was never given before, and no 404 is kept.
    """
    return {"books", f"owner:{owner_id}", *(f"book:{each}" for each in book_ids)}


def touched_by_removal(owner_id: int) -> set[str]:
    """
    Name what the removal of all of an owner's books touches; the owner must be locked, so that none is added meanwhile.

    An owner of very many books touches everything, since each name is a row to lock.
    """
    ids = db.session.scalars(select(Book.id).where(Book.owner_id == owner_id).limit(MOST_NAMED + 1)).all()
    if not ids:
        return set()
    return touched_books(owner_id, ids) if len(ids) <= MOST_NAMED else {EVERYTHING}


def list_books(filters: dict[str, Any], sort: str | None, page: int, per_page: int) -> tuple[list[Any], int]:
    """Return one page of the books that match, and how many match in all."""
    query = _ordered(_filtered(select(*COLUMNS), filters), sort)
    rows, total = fetch_page(query, page, per_page)
    return [dump_book(row) for row in rows], total


def list_feed(filters: dict[str, Any], before: int | None, limit: int) -> tuple[list[Any], bool]:
    """Return the newest books older than the book `before`, and whether there are more."""
    query = _filtered(select(*COLUMNS), filters).order_by(Book.id.desc()).limit(limit + 1)
    rows = db.session.execute(query if before is None else query.where(Book.id < before)).all()
    return [dump_book(row) for row in rows[:limit]], len(rows) > limit


def search_books(text: str, page: int, per_page: int) -> tuple[list[Any], int]:
    """Return one page of the books that contain a text, and how many do in all."""
    query = select(*COLUMNS).where(contains(text)).order_by(Book.id)
    rows, total = fetch_page(query, page, per_page)
    return [dump_book(row) for row in rows], total


def list_books_of(user_id: int, page: int, per_page: int) -> tuple[list[Any], int]:
    """Return one page of a user's books, and how many there are in all."""
    rows, total = fetch_page(select(*COLUMNS).where(Book.owner_id == user_id).order_by(Book.id), page, per_page)
    return [dump_book(row) for row in rows], total


def list_popular(most: int) -> list[dict[str, Any]]:
    """Return the most viewed books with their views."""
    rows = db.session.execute(select(*COLUMNS).order_by(Book.views.desc(), Book.id).limit(most))
    return [{"book": dump_book(row), "views": row.views} for row in rows]


def count_books() -> dict[str, Any]:
    """Return how many books there are, in all, by genre and by decade, and how often they were viewed."""
    decade = (Book.published_year // 10 * 10).label("decade")
    views = db.session.scalar(select(func.coalesce(func.sum(Book.views), 0)))
    genres = db.session.execute(select(Book.genre, func.count()).group_by(Book.genre).order_by(Book.genre)).all()
    decades = db.session.execute(select(decade, func.count()).group_by(decade).order_by(decade)).all()
    return {
        "total_books": sum(books for _, books in genres),
        "total_views": int(views or 0),
        "genres": [{"genre": genre, "books": books} for genre, books in genres],
        "decades": [{"decade": each, "books": books} for each, books in decades],
    }


def add_book(
    store: Store, caller: Caller, content: dict[str, Any], key: str | None, keys: KeysInFlight
) -> tuple[dict[str, Any], bool]:
    """
    Add a book of the caller's, once per idempotency key; tell whether this answer was given before.

    Raises InvalidContent, KeyInFlight, KeyReused or Conflict, or InvalidToken for a caller who is gone since the token was
    checked.
    """
    values = load_book(content)
    touched = touched_books(caller.user_id)
    if key is None:
        with store.writing(touched, missing_parent=InvalidToken):
            return _insert_book(caller, values), False
    with keys.hold(caller.user_id, key):
        try:
            with store.writing(touched, missing_parent=InvalidToken):
                # It may be of a request that learned no outcome: whatever was kept without the book must be forgotten.
                if kept := find_answer(caller.user_id, key, content):
                    return kept, True
                return keep_answer(caller.user_id, key, content, lambda: _insert_book(caller, values)), False
        except KeyInFlight:
            # Another request was first, and has its answer by now, unless that was an error.
            with store.writing(touched):
                if kept := find_answer(caller.user_id, key, content):
                    return kept, True
            raise


def _insert_book(caller: Caller, values: dict[str, Any]) -> dict[str, Any]:
    book = Book(**values, owner_id=caller.user_id, search_text=search_text(values["title"], values["author"]))
    db.session.add(book)
    db.session.flush()
    return dump_book(book)


def find_book(book_id: int) -> Any:
    """
    Return a book as a row.

    Raises NotFound.
    """
    row = db.session.execute(ONE_BOOK, {"book": book_id}).first()
    if row is None:
        raise NotFound("There is no book with this id.")
    return row


def change_book(
    store: Store, operation: Operation, caller: Caller, book_id: int, content: dict[str, Any], if_match: str | None
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
    with store.writing(touched_books(book.owner_id, [book_id])) as session:
        condition = (Book.id == book_id, Book.version == book.version)
        text = search_text(changed.get("title", book.title), changed.get("author", book.author))
        later = {"version": book.version + 1, "updated_at": now(), "search_text": text}
        if session.execute(update(Book).where(*condition).values(**changed, **later)).rowcount == 0:
            raise PreconditionFailed()
        return dump_book(find_book(book_id))


def remove_book(store: Store, operation: Operation, caller: Caller, book_id: int, if_match: str | None) -> None:
    """
    Delete a book.

    Raises NotFound, Forbidden, PreconditionFailed and its kin.
    """
    book = _owned_book(operation, caller, book_id, if_match)
    with store.writing(touched_books(book.owner_id, [book_id])) as session:
        if session.execute(delete(Book).where(Book.id == book_id, Book.version == book.version)).rowcount == 0:
            raise PreconditionFailed()


def _owned_book(operation: Operation, caller: Caller, book_id: int, if_match: str | None) -> Any:
    book = find_book(book_id)
    require_access(operation, caller, book.owner_id)
    require_match(if_match, tag_of(dump_book(book)))
    return book


def _filtered(query: Select[Any], filters: dict[str, Any]) -> Select[Any]:
    return query.where(*(FILTERS[name](value) for name, value in filters.items() if value is not None))


def _ordered(query: Select[Any], sort: str | None) -> Select[Any]:
    if sort is None:
        return query.order_by(Book.id)
    column = SORTABLE[sort.removeprefix("-")]
    first = column.desc() if sort.startswith("-") else column.asc()
    # Asking a column without nulls for its nulls would keep the index from serving the order.
    nulls_last = [column.is_(None)] if column.nullable else []
    return query.order_by(*nulls_last, first, Book.id)
