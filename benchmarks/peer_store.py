"""The peer's tables: those of the reference, whose file it gets a copy of."""

import os
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ForeignKey, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker


def now() -> datetime:
    """Return the time in UTC without a zone, as the columns keep it."""
    return datetime.now(UTC).replace(tzinfo=None)


class Model(DeclarativeBase):
    """The declarative root of every table."""


class User(Model):
    """One account."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str]
    active: Mapped[bool]


class LogIn(Model):
    """One session of an account."""

    __tablename__ = "sessions"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Book(Model):
    """One book; money is kept in cents."""

    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str]
    author: Mapped[str]
    isbn: Mapped[str | None]
    published_year: Mapped[int | None]
    genre: Mapped[str | None]
    price_cents: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def price(self) -> str:
        """The price as a decimal with two places."""
        return f"{self.price_cents // 100}.{self.price_cents % 100:02d}"


engine = create_engine(os.environ.get("DATABASE_URL", "sqlite://"), pool_size=20)
NewSession = sessionmaker(engine, expire_on_commit=False)


@event.listens_for(engine, "connect")
def _prepare(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")
