"""What an error of the database means: it is unavailable, the work may be repeated, or something here is wrong."""

import sqlite3

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# SQLSTATEs, https://www.postgresql.org/docs/current/errcodes-appendix.html: whole classes, then single codes.
UNAVAILABLE_CLASSES = (
    "08",  # connection exception
    "53",  # insufficient resources: disk full, out of memory, too many connections
    "58",  # system error: input and output
)
READ_ONLY = "25006"
REPEATABLE = (
    "40001",  # serialization failure
    "40P01",  # deadlock detected
)
UNAVAILABLE_CODES = (
    *REPEATABLE,
    READ_ONLY,
    "25P03",  # idle in a transaction for too long
    "55P03",  # lock not available: lock_timeout
    "57014",  # query cancelled: statement_timeout
    "57P01",  # admin shutdown: the server stops, or an operator ended the backend
    "57P02",  # crash shutdown
    "57P03",  # cannot connect now: the server starts, or recovers
    "57P05",  # idle session timeout
)
MISSING_PARENT = "23503"
UNIQUE_VIOLATION = "23505"
# Extended result codes of SQLite: a unique value may be that of a column, of a primary key or of a row.
UNIQUE_IN_SQLITE = (
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_ROWID,
)
# Result codes, https://www.sqlite.org/rescode.html; the primary code is the lowest byte.
UNAVAILABLE_IN_SQLITE = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
)


def is_unavailable(error: BaseException) -> bool:
    """Tell whether an error says that the database cannot do it now, rather than that something here is wrong."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    if state := _state(error):
        return state in UNAVAILABLE_CODES or state[:2] in UNAVAILABLE_CLASSES
    if (code := _sqlite_code(error)) is not None:
        return code in UNAVAILABLE_IN_SQLITE
    # Without a code the connection itself failed: refused, lost, timed out, or closed already.
    return isinstance(error, OperationalError | InterfaceError)


def is_read_only(error: BaseException) -> bool:
    """Tell whether the database was asked to write and only lets itself be read, as a standby does."""
    if not isinstance(error, DBAPIError):
        return False
    return _state(error) == READ_ONLY or _sqlite_code(error) == sqlite3.SQLITE_READONLY


def is_busy(error: BaseException) -> bool:
    """Tell whether another transaction has SQLite's lock."""
    return isinstance(error, DBAPIError) and _sqlite_code(error) == sqlite3.SQLITE_BUSY


def is_unique_violation(error: IntegrityError) -> bool:
    """Tell whether a value is taken that must be unique."""
    return _state(error) == UNIQUE_VIOLATION or _extended_sqlite_code(error) in UNIQUE_IN_SQLITE


def is_missing_parent(error: IntegrityError) -> bool:
    """Tell whether a row refers to another one that is gone."""
    return _state(error) == MISSING_PARENT or _extended_sqlite_code(error) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY


def is_broken_file(error: BaseException) -> bool:
    """Tell whether the file of the database is no SQLite database, or a damaged one."""
    return isinstance(error, DBAPIError) and _sqlite_code(error) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def is_repeatable(error: DBAPIError) -> bool:
    """Tell whether the same work may succeed at once: another transaction came between, or the connection was lost."""
    return error.connection_invalidated or _state(error) in REPEATABLE


def name_of(error: BaseException) -> str:
    """Name an error for the log, without a value that stands in its message."""
    if not isinstance(error, DBAPIError):
        return type(error).__name__
    code = _state(error) or getattr(error.orig, "sqlite_errorname", None)
    return " ".join(filter(None, [type(error.orig).__name__, code]))


def _state(error: DBAPIError) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    return str(state) if state else None


def _sqlite_code(error: DBAPIError) -> int | None:
    code = _extended_sqlite_code(error)
    return None if code is None else code & 0xFF


def _extended_sqlite_code(error: DBAPIError) -> int | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return None if code is None else int(code)
