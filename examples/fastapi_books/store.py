"""The tables, and the SQLite file: one writer at a time, readers on their own snapshots."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import ForeignKey, create_engine, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from .problems import Problem, fault

PRAGMAS = ("busy_timeout=10000", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")
# Ids are never used again, not even that of the last row.
NEVER_AGAIN = ({"sqlite_autoincrement": True},)


class Table(DeclarativeBase):
    """The root of all tables; moments are text, in which order is time."""


class UserRow(Table):
    """One account; `..._key` columns hold the canonical form of what must be unique."""

    __tablename__, __table_args__ = "users", NEVER_AGAIN
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    username: Mapped[str]
    username_key: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str | None]
    password_hash: Mapped[str]
    role: Mapped[str] = mapped_column(default="user")
    tier: Mapped[str] = mapped_column(default="free")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[str]
    updated_at: Mapped[str]


class LogInRow(Table):
    """One session, with every token that came of it."""

    __tablename__, __table_args__ = "sessions", NEVER_AGAIN
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)


class RefreshRow(Table):
    """A refresh token by its hash; a spent one stays, with what took its place, so that its reuse is seen."""

    __tablename__ = "refresh_tokens"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[float]
    spent_at: Mapped[float | None]
    next_hash: Mapped[str | None]


class BookRow(Table):
    """One book; money is kept in cents."""

    __tablename__, __table_args__ = "books", NEVER_AGAIN
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    title: Mapped[str]
    author: Mapped[str] = mapped_column(index=True)
    isbn: Mapped[str | None] = mapped_column(unique=True)
    published_year: Mapped[int | None] = mapped_column(index=True)
    genre: Mapped[str | None] = mapped_column(index=True)
    cents: Mapped[int]
    views: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[str]
    updated_at: Mapped[str]

    @property
    def price(self) -> str:
        """The price as a decimal with two places."""
        return f"{self.cents // 100}.{self.cents % 100:02d}"

    @price.setter
    def price(self, price: str) -> None:
        self.cents = int(price.replace(".", ""))


class AnswerRow(Table):
    """The answer that the first request with an Idempotency-Key got."""

    __tablename__ = "kept_answers"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    sent: Mapped[str]
    answer: Mapped[str]
    kept_until: Mapped[float]


class Store:
    """The store of one service; `after_write` is called when a change can be read."""

    def __init__(self, url: str, after_write: Callable[[], None] = lambda: None) -> None:
        self._engine = create_engine(url, pool_size=40, connect_args={"check_same_thread": False})
        self._after_write = after_write
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        self.reading = sessionmaker(self._engine, expire_on_commit=False)
        with self.writing() as session:
            Table.metadata.create_all(session.connection())

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Lend the only session that may write, and commit; what breaks a unique index is a conflict."""
        try:
            with self.writing_quietly() as session:
                yield session
        except IntegrityError as error:
            column = re.search(r"\w+\.(\w+)", str(error.orig))
            name = column[1].removesuffix("_key") if column else ""
            raise Problem("conflict", faults=[fault(f"/{name}", "taken", "This value is taken.")]) from None
        self._after_write()

    @contextmanager
    def writing_quietly(self) -> Iterator[Session]:
        """Lend the writing session for what no cached answer has to know."""
        with self.reading.begin() as session:
            session.connection(execution_options={"writes": True})
            yield session


def _prepare(connection: Any, _: Any) -> None:
    # SQLAlchemy begins transactions itself, by the listener below.
    connection.isolation_level = None
    connection.create_function("casefold", 1, str.casefold, deterministic=True)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Any) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def change(row: Any, values: dict[str, Any]) -> None:
    """Set what is new; a row to which nothing is new keeps its ETag."""
    if news := {name: value for name, value in values.items() if getattr(row, name) != value}:
        for name, value in (news | {"updated_at": now()}).items():
            setattr(row, name, value)


def now() -> str:
    """Return the time as the API writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def find_store(request: Request) -> Store:
    """Return the store of the application."""
    store: Store = request.app.state.store
    return store


Storage = Annotated[Store, Depends(find_store)]
