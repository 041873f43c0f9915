"""Books, and how often each was viewed."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .isbn import isbn_13

WRITTEN = ("title", "author", "isbn", "published_year", "genre", "price")


@dataclass
class Book:
    id: int
    owner_id: int
    written: dict[str, Any]
    created_at: str
    updated_at: str
    version: int = 1

    def shown(self) -> dict[str, Any]:
        times = {"created_at": self.created_at, "updated_at": self.updated_at}
        return {"id": self.id, "owner_id": self.owner_id} | self.written | times

    @property
    def tag(self) -> str:
        return f'"book-{self.id}-{self.version}"'


@dataclass
class Books:
    """All books. The caller holds the lock of the service."""

    last_id: int = 0
    by_id: dict[int, Book] = field(default_factory=dict)
    views: Counter[int] = field(default_factory=Counter)

    def add(self, owner: int, told: dict[str, Any], now: str) -> Book:
        self.last_id += 1
        book = Book(self.last_id, owner, told, now, now)
        self.by_id[book.id] = book
        return book

    def is_taken(self, isbn: str | None, but: int = 0) -> bool:
        return isbn is not None and any(each.written["isbn"] == isbn and each.id != but for each in self.by_id.values())

    def remove(self, book: int) -> None:
        del self.by_id[book]
        del self.views[book]

    def remove_of(self, owner: int) -> None:
        for book in [each.id for each in self.by_id.values() if each.owner_id == owner]:
            self.remove(book)


def complete(told: dict[str, Any]) -> dict[str, Any]:
    """Return what a client writes of a book: what is left out is null, and an ISBN has thirteen digits."""
    whole = {name: told.get(name) for name in WRITTEN}
    return whole | {"isbn": isbn_13(whole["isbn"]) if whole["isbn"] else None}


def in_order(books: list[Book], sort: str | None) -> list[Book]:
    """Return books by a member, those without it last, and ties by their ids."""
    books = sorted(books, key=lambda book: book.id)
    if sort is None:
        return books
    name = sort.removeprefix("-")
    having = [book for book in books if book.shown()[name] is not None]
    missing = [book for book in books if book.shown()[name] is None]
    # Sorting is stable in reverse too, so ties stay in the order of their ids.
    return sorted(having, key=lambda book: rank(book, name), reverse=sort.startswith("-")) + missing


def rank(book: Book, name: str) -> Any:
    value = book.shown()[name]
    return Decimal(value) if name == "price" else value


def statistics(books: Books) -> dict[str, Any]:
    genres = Counter(each.written["genre"] for each in books.by_id.values())
    decades = Counter(decade(each.written["published_year"]) for each in books.by_id.values())
    return {
        "total_books": len(books.by_id),
        "total_views": sum(books.views[each] for each in books.by_id),
        "genres": [{"genre": genre, "books": number} for genre, number in genres.items()],
        "decades": [{"decade": each, "books": number} for each, number in decades.items()],
    }


def decade(year: int | None) -> int | None:
    return None if year is None else year // 10 * 10
