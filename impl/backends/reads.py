"""
Reads with the driver's own cursor: statements are written once, and rows are handed out as the driver makes them.

For a row that is found by its key, SQLAlchemy takes several times as long as the database: it looks its statement up,
wraps connection and result, and converts each column. Its pool is kept, and with it what watches a connection: the
deadline that cuts it, the look at its socket, its timeouts. Writes go through SQLAlchemy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, has_app_context
from sqlalchemy import ClauseElement, Engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import PoolProxiedConnection

from .store import db

Row = tuple[Any, ...]
# Where the connection of the present request stands in Flask's own place for such things.
READING = "bookplate_reading"


class Query:
    """A statement that reads, written out for each database when it is first asked for, and then only executed."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._written: dict[str, _Written] = {}

    def all(self, values: Mapping[str, Any] | None = None) -> list[Row]:
        """Return all rows for some values."""
        return _reading().fetch(self._for(db.engine.dialect), values or {})

    def first(self, values: Mapping[str, Any] | None = None) -> Row | None:
        """Return the first row for some values; None without one."""
        rows = self.all(values)
        return rows[0] if rows else None

    def _for(self, dialect: Dialect) -> "_Written":
        written = self._written.get(dialect.name)
        if written is None:
            written = self._written[dialect.name] = _write(self._statement, dialect)
        return written


@dataclass(frozen=True, slots=True)
class _Written:
    """A statement as its driver takes it: its text, its constants, and the order of its values where they have no names."""

    text: str
    constants: dict[str, Any]
    order: Sequence[str] | None

    def arguments(self, values: Mapping[str, Any]) -> Any:
        """Return the values of one execution as the driver takes them."""
        given = {**self.constants, **values}
        return given if self.order is None else tuple([given[name] for name in self.order])


def _write(statement: ClauseElement, dialect: Dialect) -> _Written:
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    order = getattr(compiled, "positiontup", None) if dialect.positional else None
    return _Written(str(compiled), constants, order)


class _Reading:
    """What one request reads: over one connection, on which one transaction has begun."""

    def __init__(self, engine: Engine) -> None:
        """Raises what SQLAlchemy raises where the driver cannot connect, or a transaction cannot begin."""
        self._dialect = engine.dialect
        self._errors = self._dialect.loaded_dbapi.Error
        try:
            self._connection: PoolProxiedConnection = engine.raw_connection()
        except self._errors as error:
            raise self._wrapped(error, "", is_lost=False) from error
        self._cursor = self._connection.cursor()
        if self._dialect.name == "sqlite":
            self._begin()

    def _begin(self) -> None:
        # Its driver begins none by itself: see store.py.
        try:
            self._execute("BEGIN", ())
        except DBAPIError:
            self.end()
            raise

    def fetch(self, written: _Written, values: Mapping[str, Any]) -> list[Row]:
        """
        Execute a statement and return its rows.

        Raises what SQLAlchemy raises for an error of the driver.
        """
        return self._execute(written.text, written.arguments(values))

    def _execute(self, text: str, arguments: Any) -> list[Row]:
        try:
            self._cursor.execute(text, arguments)
            return list(self._cursor.fetchall())
        except self._errors as error:
            is_lost = self._dialect.is_disconnect(error, self._connection.dbapi_connection, self._cursor)
            if is_lost:
                self._connection.invalidate(error)
            raise self._wrapped(error, text, is_lost=is_lost) from error

    def _wrapped(self, error: Exception, text: str, *, is_lost: bool) -> BaseException:
        """Return an error of the driver as SQLAlchemy hands it on, without the values of the statement."""
        return DBAPIError.instance(
            text, None, error, self._errors, hide_parameters=True, connection_invalidated=is_lost
        )

    def end(self) -> None:
        """Give the connection back; the pool ends its transaction."""
        self._connection.close()


def _reading() -> _Reading:
    reading: _Reading | None = g.get(READING)
    if reading is None:
        reading = _Reading(db.engine)
        setattr(g, READING, reading)
    return reading


def end_reading(_error: BaseException | None = None) -> None:
    """End what the present request reads: Flask calls this at its end, and whoever writes calls it before."""
    reading: _Reading | None = g.pop(READING, None)
    if reading is not None:
        reading.end()


@event.listens_for(Session, "after_begin")
def _leave_to_session(*_: Any) -> None:
    # Whoever works with SQLAlchemy's session has a connection of its own, and nobody needs two for long.
    if has_app_context():
        end_reading()
