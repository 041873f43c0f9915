"""Operations on books."""

import json
from typing import Any

from ..backends.transactions import Store
from ..contract.authorization import Caller
from ..contract.contract import Operation
from ..handler_marks import after_each_200, shows
from ..representation.cursors import Cursors
from ..representation.pagination import Here, envelope
from . import service
from .idempotency import KeysInFlight
from .schemas import dump_book
from .views import ViewCounter

Content = dict[str, Any]


@shows("books")
def list_books(
    page: int,
    per_page: int,
    sort: str | None,
    genre: str | None,
    author: str | None,
    year_from: int | None,
    year_to: int | None,
    here: Here,
) -> Content:
    """List books, page by page."""
    filters = {"genre": genre, "author": author, "year_from": year_from, "year_to": year_to}
    items, total = service.list_books(filters, sort, page, per_page)
    return envelope(items, total, page, per_page, here)


@shows("books")
def list_books_feed(
    cursor: str | None, limit: int, genre: str | None, author: str | None, operation: Operation, cursors: Cursors
) -> Content:
    """Walk all books by cursor, newest first."""
    walk = json.dumps([operation.id, genre, author])
    before = cursors.read(walk, cursor) if cursor else None
    items, has_more = service.list_feed({"genre": genre, "author": author}, before, limit)
    following = cursors.write(walk, items[-1]["id"]) if has_more else None
    return {"items": items, "has_more": has_more, "next_cursor": following}


@shows("books")
def search_books(q: str, page: int, per_page: int, here: Here) -> Content:
    """Search books, page by page."""
    items, total = service.search_books(q, page, per_page)
    return envelope(items, total, page, per_page, here)


@shows("books")
def list_popular_books(operation: Operation) -> Content:
    """List the most viewed books."""
    return {"items": service.list_popular(operation.most_items("items"))}


@shows("books")
def get_book_statistics() -> Content:
    """Count books by genre and decade."""
    return service.count_books()


def create_book(
    body: Content,
    idempotency_key: str | None,
    caller: Caller,
    here: Here,
    store: Store,
    keys_in_flight: KeysInFlight,
) -> tuple[Content, int, dict[str, str]]:
    """Add a book."""
    book, is_replay = service.add_book(store, caller, body, idempotency_key, keys_in_flight)
    headers = {"Location": f"{here.path}/{book['id']}"}
    return book, 201, headers | ({"Idempotent-Replayed": "true"} if is_replay else {})


def count_view(views: ViewCounter, book_id: int) -> None:
    """Count one view of a book."""
    views.count(book_id)


@shows("book:{book_id}")
@after_each_200(count_view)
def get_book(book_id: int) -> Content:
    """Read a book."""
    return dump_book(service.find_book(book_id))


def replace_book(
    book_id: int, body: Content, if_match: str | None, caller: Caller, operation: Operation, store: Store
) -> Content:
    """Replace a book."""
    return service.change_book(store, operation, caller, book_id, body, if_match)


def update_book(
    book_id: int, body: Content, if_match: str | None, caller: Caller, operation: Operation, store: Store
) -> Content:
    """Change a book."""
    return service.change_book(store, operation, caller, book_id, body, if_match)


def delete_book(book_id: int, if_match: str | None, caller: Caller, operation: Operation, store: Store) -> None:
    """Delete a book."""
    return service.remove_book(store, operation, caller, book_id, if_match)
