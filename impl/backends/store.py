"""The database: its engine, the root of its tables, and the types of their columns."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Engine, Integer, MetaData, String, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    """The declarative root of every table."""

    metadata = MetaData(naming_convention=NAMES)


db = SQLAlchemy(model_class=Model)

# As wide as the ids that the document admits; SQLite numbers rows by itself only in a column called INTEGER.
ID = BigInteger().with_variant(Integer(), "sqlite")


class CacheGeneration(Model):
    """The names under which cached answers are found, where several processes share a cache: a row for each slot."""

    __tablename__ = "cache_generation"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(16))


def find_generations(slots: Sequence[int]) -> list[str]:
    """Return the present generations of some slots of a shared cache, in the order of the slots."""
    query = select(CacheGeneration.name).where(CacheGeneration.id.in_(slots)).order_by(CacheGeneration.id)
    return list(db.session.scalars(query))


def now() -> datetime:
    """Return the time, in UTC and without a zone, as the columns keep it."""
    return datetime.now(UTC).replace(tzinfo=None)


def at_creation(row: Any) -> datetime:
    """Return when a new row was created: until its first change, that is when it was changed last."""
    created_at: datetime = row.get_current_parameters()["created_at"]
    return created_at


def code_points(length: int) -> String:
    """Make a text column that every database sorts by code point."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        # The driver must not open transactions by itself: a read that turns into a write cannot wait for its lock.
        connection.isolation_level = None
        # A write that fires triggers keeps what would undo it aside, which else is a file that is made for each write.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
