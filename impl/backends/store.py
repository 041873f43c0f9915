"""The database: its engine, its transactions, and the errors it turns into problems."""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Engine, Integer, MetaData, String, event, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from ..problems import Conflict, KeyInFlight, OutcomeUnknown, Problem, fault
from . import deadline
from .database_errors import is_missing_parent, is_read_only, is_unique_violation
from .generations import EVERYTHING, new_name, slots_to_advance

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
    return row.get_current_parameters()["created_at"]  # type: ignore[no-any-return]


def timestamp(moment: datetime) -> str:
    """Write a time as RFC 3339 does, in UTC with microseconds."""
    return f"{moment.isoformat(timespec='microseconds')}Z"


def code_points(length: int) -> String:
    """Make a text column that every database sorts by code point."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


@contextmanager
def writing(touches: Collection[str] = (EVERYTHING,), missing_parent: type[Problem] | None = None) -> Iterator[Any]:
    """
    Open a transaction that writes; commit it at the end, and let no cached answer outlive it that shows what it touches.

    `touches` are names as in generations.py; they are read at the end, so that a set may be filled on the way.
    Raises Conflict where a unique value is taken, and `missing_parent` where a new row refers to one that is gone: what
    that means, the caller knows.
    """
    cache = current_app.extensions["bookplate"].cache
    db.session.rollback()
    db.session.connection(execution_options={"writes": True})
    try:
        yield db.session
        if cache.is_remote:
            # Last, since other writers may wait for these rows; in the transaction, so that no fault of Redis can lose it.
            _advance_shared(slots_to_advance(touches))
        with committing():
            db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        if is_unique_violation(error):
            raise _conflict(error) from None
        if missing_parent and is_missing_parent(error):
            raise missing_parent() from None
        # Any other constraint is held by the code itself: that it was broken is a mistake here.
        raise
    except OutcomeUnknown:
        db.session.rollback()
        # It may have been applied, or will be: what was kept of it, or is kept before that, must not be found again.
        cache.doubt(touches)
        raise
    except BaseException:
        db.session.rollback()
        raise
    cache.advance(touches)


def _advance_shared(slots: Sequence[int]) -> None:
    if not slots:
        return
    rows = CacheGeneration.id.in_(slots)
    if len(slots) > 1:
        # In one order, so that two writers wait for each other instead of meeting crosswise.
        db.session.execute(select(CacheGeneration.id).where(rows).order_by(CacheGeneration.id).with_for_update())
    db.session.execute(update(CacheGeneration).where(rows).values(name=new_name()))


@contextmanager
def committing() -> Iterator[None]:
    """
    Agree with the awaiting side that a commit begins.

    Raises Unavailable if the request was given up, and OutcomeUnknown if the connection is lost in the middle.
    """
    request_deadline = deadline.current() or deadline.Deadline(0)
    request_deadline.begin_commit()
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated and not is_read_only(error):
            raise OutcomeUnknown() from error
        request_deadline.end_commit(was_applied=False)
        raise
    request_deadline.end_commit(was_applied=True)


def _conflict(error: IntegrityError) -> Problem:
    # PostgreSQL's message repeats the values, which may hold any name; SQLite's has the columns alone.
    diagnosis = getattr(error.orig, "diag", None)
    text = str(diagnosis.constraint_name) if diagnosis else str(error.orig)
    if "kept_answers" in text:
        return KeyInFlight()
    unique = [column for table in db.metadata.tables.values() for column in table.columns if column.unique]
    broken = [each for each in unique if text.endswith((str(each), f"uq_{each.table}_{each.name}"))]
    taken = [each.name.removesuffix("_key") for each in broken]
    faults = [fault(f"/{name}", "taken", f"Another object has this {name}.") for name in taken]
    return Conflict(faults=faults)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        # The driver must not open transactions by itself: a read that turns into a write cannot wait for its lock.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
