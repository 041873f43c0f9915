"""Operations on books."""

from typing import Any

from ..current import Caller
from ..pagination import Here, envelope
from ..policy import Operation
from . import service
from .schemas import dump_book

Content = dict[str, Any]


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


def create_book(body: Content, caller: Caller, here: Here) -> tuple[Content, int, dict[str, str]]:
    """Add a book."""
    book = service.add_book(caller, body)
    return book, 201, {"Location": f"{here.path}/{book['id']}"}


def get_book(book_id: int) -> Content:
    """Read a book."""
    return dump_book(service.find_book(book_id))


def replace_book(book_id: int, body: Content, if_match: str | None, caller: Caller, operation: Operation) -> Content:
    """Replace a book."""
    return service.change_book(operation, caller, book_id, body, if_match)


def update_book(book_id: int, body: Content, if_match: str | None, caller: Caller, operation: Operation) -> Content:
    """Change a book."""
    return service.change_book(operation, caller, book_id, body, if_match)


def delete_book(book_id: int, if_match: str | None, caller: Caller, operation: Operation) -> None:
    """Delete a book."""
    return service.remove_book(operation, caller, book_id, if_match)
