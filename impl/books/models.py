"""The table of books."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ..backends.store import ID, Model, at_creation, code_points, now
from ..representation.timestamps import Moment


class Book(Model):
    """One book; money is kept in cents."""

    __tablename__ = "books"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    owner_id: Mapped[int] = mapped_column(ID, ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(code_points(200))
    author: Mapped[str] = mapped_column(code_points(100))
    isbn: Mapped[str | None] = mapped_column(String(13), unique=True)
    published_year: Mapped[int | None]
    genre: Mapped[str | None] = mapped_column(String(20))
    price_cents: Mapped[int]
    # What search looks in: title and author, case-folded.
    search_text: Mapped[str] = mapped_column(Text, server_default=text("''"))
    views: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=at_creation)


# Each list is read from an index that has its order, ties included: see docs/query-plans.md.
Index("ix_books_genre_id", Book.genre, Book.id)
Index("ix_books_owner_id_id", Book.owner_id, Book.id)
Index("ix_books_views_id", Book.views.desc(), Book.id)
for _column in (Book.title, Book.author, Book.published_year, Book.price_cents, Book.created_at):
    _descending = _column.desc().nulls_last() if _column is Book.published_year else _column.desc()
    Index(f"ix_books_{_column.key}_id", _column, Book.id)
    Index(f"ix_books_{_column.key}_desc_id", _descending, Book.id)


class BookRow(NamedTuple):
    """A book as the driver hands it out, for those who read."""

    id: int
    owner_id: int
    title: str
    author: str
    isbn: str | None
    published_year: int | None
    genre: str | None
    price_cents: int
    version: int
    created_at: Moment
    updated_at: Moment


BOOKS = Book.metadata.tables[Book.__tablename__]
# What a BookRow is made of, in its order.
COLUMNS = [BOOKS.c[name] for name in BookRow._fields]


class BookCount(Model):
    """
    How many books, or views, there are of a kind and with a value; triggers of the migrations keep it.

    The number of several stripes is their sum. A value that a book does not have is the empty text.
    """

    __tablename__ = "book_counts"

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    value: Mapped[str] = mapped_column(code_points(100), primary_key=True)
    stripe: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)


class KeptAnswer(Model):
    """The answer to a creation that named an idempotency key; `fingerprint` stands for its content."""

    __tablename__ = "kept_answers"

    user_id: Mapped[int] = mapped_column(ID, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
