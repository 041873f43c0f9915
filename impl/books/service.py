"""What can be done with books."""

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Update, bindparam, delete, insert, select, update

from ..backends.generations import EVERYTHING
from ..backends.page_query import PagedQuery, fetch_page
from ..backends.reads import Query
from ..backends.store import db, now
from ..backends.transactions import Store
from ..contract.authorization import Caller, require_access
from ..contract.contract import Operation
from ..problems import InvalidToken, KeyInFlight, NotFound, PreconditionFailed
from ..representation.content import tag_of
from ..representation.preconditions import require_match
from .counts import kept_total, read_counts
from .idempotency import KeysInFlight, find_answer, keep_answer
from .models import BOOKS, COLUMNS, Book, BookRow
from .schemas import dump_book, load_book
from .search import books_containing, search_text

# How many books one write names before it touches everything.
MOST_NAMED = 200
ONE_BOOK = Query(select(*COLUMNS).where(BOOKS.c.id == bindparam("book")))
SORTABLE: dict[str, Column[Any]] = {
    "title": BOOKS.c.title,
    "author": BOOKS.c.author,
    "published_year": BOOKS.c.published_year,
    "price": BOOKS.c.price_cents,
    "created_at": BOOKS.c.created_at,
}
# Each with the value that it is asked for, which has the filter's name.
FILTERS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "genre": lambda value: BOOKS.c.genre == value,
    "author": lambda value: BOOKS.c.author == value,
    "year_from": lambda value: BOOKS.c.published_year >= value,
    "year_to": lambda value: BOOKS.c.published_year <= value,
}
# As many as there are sets of filters and orders, and some more.
MOST_QUERIES = 1000
BOOKS_OF_OWNER = PagedQuery.of(
    select(*COLUMNS).where(BOOKS.c.owner_id == bindparam("owner")).order_by(BOOKS.c.id), BookRow
)
POPULAR = Query(select(*COLUMNS, BOOKS.c.views).order_by(BOOKS.c.views.desc(), BOOKS.c.id).limit(bindparam("limit")))
# A book in the version that the caller saw.
SEEN = (BOOKS.c.id == bindparam("of_id"), BOOKS.c.version == bindparam("of_version"))
ADDITION, REMOVAL = insert(BOOKS), delete(BOOKS).where(*SEEN)


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
    given = _given(filters)
    rows, total = fetch_page(_books_having(tuple(given), sort).having(given), page, per_page)
    return [dump_book(row) for row in rows], total


def list_feed(filters: dict[str, Any], before: int | None, limit: int) -> tuple[list[Any], bool]:
    """Return the newest books older than the book `before`, and whether there are more."""
    given = _given(filters)
    query = _feed_having(tuple(given), has_cursor=before is not None)
    rows = query.all({**given, "before": before, "limit": limit + 1})
    return [dump_book(BookRow(*row)) for row in rows[:limit]], len(rows) > limit


def search_books(text: str, page: int, per_page: int) -> tuple[list[Any], int]:
    """Return one page of the books that contain a text, and how many do in all."""
    rows, total = fetch_page(books_containing(text), page, per_page)
    return [dump_book(row) for row in rows], total


def list_books_of(user_id: int, page: int, per_page: int) -> tuple[list[Any], int]:
    """Return one page of a user's books, and how many there are in all."""
    rows, total = fetch_page(BOOKS_OF_OWNER.having({"owner": user_id}), page, per_page)
    return [dump_book(row) for row in rows], total


def list_popular(most: int) -> list[dict[str, Any]]:
    """Return the most viewed books with their views."""
    return [{"book": dump_book(BookRow(*row)), "views": views} for *row, views in POPULAR.all({"limit": most})]


def count_books() -> dict[str, Any]:
    """Return how many books there are, in all, by genre and by decade, and how often they were viewed."""
    counts = read_counts()
    return {
        "total_books": sum(counts["all"].values()),
        "total_views": sum(counts["views"].values()),
        "genres": [{"genre": each or None, "books": books} for each, books in sorted(counts["genre"].items())],
        "decades": [
            {"decade": int(each) if each else None, "books": books} for each, books in sorted(counts["decade"].items())
        ],
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
    moment = now()
    row = {
        **values,
        "owner_id": caller.user_id,
        "version": 1,
        "created_at": moment,
        "updated_at": moment,
    }
    text = search_text(values["title"], values["author"])
    added = db.session.connection().execute(ADDITION, {**row, "search_text": text, "views": 0})
    key = added.inserted_primary_key
    assert key is not None
    return dump_book(BookRow(id=key[0], **row))


def find_book(book_id: int) -> BookRow:
    """
    Return a book as a row.

    Raises NotFound.
    """
    row = ONE_BOOK.first({"book": book_id})
    if row is None:
        raise NotFound("There is no book with this id.")
    return BookRow(*row)


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
        text = search_text(changed.get("title", book.title), changed.get("author", book.author))
        later: dict[str, Any] = {"version": book.version + 1, "updated_at": now()}
        values = {**changed, **later, "search_text": text}
        seen = {"of_id": book_id, "of_version": book.version}
        if session.connection().execute(_change_of(tuple(values)), {**values, **seen}).rowcount == 0:
            raise PreconditionFailed()
        return dump_book(book._replace(**changed, **later))


@lru_cache(maxsize=MOST_QUERIES)
def _change_of(names: tuple[str, ...]) -> Update:
    """Return the statement that changes some columns of the book that the caller saw; SQLAlchemy compiles it once."""
    return update(BOOKS).where(*SEEN).values({name: bindparam(name) for name in names})


def remove_book(store: Store, operation: Operation, caller: Caller, book_id: int, if_match: str | None) -> None:
    """
    Delete a book.

    Raises NotFound, Forbidden, PreconditionFailed and its kin.
    """
    book = _owned_book(operation, caller, book_id, if_match)
    with store.writing(touched_books(book.owner_id, [book_id])) as session:
        seen = {"of_id": book_id, "of_version": book.version}
        if session.connection().execute(REMOVAL, seen).rowcount == 0:
            raise PreconditionFailed()


def _owned_book(operation: Operation, caller: Caller, book_id: int, if_match: str | None) -> BookRow:
    book = find_book(book_id)
    require_access(operation, caller, book.owner_id)
    require_match(if_match, tag_of(dump_book(book)))
    return book


def _given(filters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value is not None}


@lru_cache(maxsize=MOST_QUERIES)
def _books_having(names: tuple[str, ...], sort: str | None) -> PagedQuery:
    """Return the query for books, with some filters, in an order; it is written once."""
    return PagedQuery.of(_ordered(_filtered(select(*COLUMNS), names), sort), BookRow, kept_total(names))


@lru_cache(maxsize=MOST_QUERIES)
def _feed_having(names: tuple[str, ...], *, has_cursor: bool) -> Query:
    """Return the query for the newest books, with some filters, from the start or behind a cursor."""
    query = _filtered(select(*COLUMNS), names).order_by(BOOKS.c.id.desc()).limit(bindparam("limit"))
    return Query(query.where(BOOKS.c.id < bindparam("before")) if has_cursor else query)


def _filtered(query: Select[Any], names: tuple[str, ...]) -> Select[Any]:
    return query.where(*(FILTERS[name](bindparam(name)) for name in names))


def _ordered(query: Select[Any], sort: str | None) -> Select[Any]:
    if sort is None:
        return query.order_by(BOOKS.c.id)
    column = SORTABLE[sort.removeprefix("-")]
    first = column.desc() if sort.startswith("-") else column.asc()
    # Spelt so that an index has this order on both databases; the index of a column without nulls says nothing of them.
    return query.order_by(first.nulls_last() if column.nullable else first, BOOKS.c.id)
