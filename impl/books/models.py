"""The table of books."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ..store import Model, at_creation, code_points, now


class Book(Model):
    """One book; money is kept in cents."""

    __tablename__ = "books"
    __table_args__ = (Index("ix_books_genre_id", "genre", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(code_points(200), index=True)
    author: Mapped[str] = mapped_column(code_points(100), index=True)
    isbn: Mapped[str | None] = mapped_column(String(13), unique=True)
    published_year: Mapped[int | None] = mapped_column(index=True)
    genre: Mapped[str | None] = mapped_column(String(20))
    price_cents: Mapped[int] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=at_creation)
