"""What each error of a database driver becomes: 503 where the database cannot do it now, 500 where we are wrong."""

import sqlite3

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from impl.backends.connections import MOST_ATTEMPTS, repeating
from impl.backends.database_errors import is_repeatable
from impl.backends.deadline import Deadline, _current
from impl.edge.errors import as_problem

UNAVAILABLE: list[type[psycopg.Error]] = [
    psycopg.OperationalError,
    psycopg.InterfaceError,
    errors.ConnectionException,
    errors.ConnectionDoesNotExist,
    errors.ConnectionFailure,
    errors.SqlclientUnableToEstablishSqlconnection,
    errors.LockNotAvailable,
    errors.QueryCanceled,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleSessionTimeout,
    errors.IdleInTransactionSessionTimeout,
    errors.ReadOnlySqlTransaction,
    errors.DiskFull,
    errors.OutOfMemory,
    errors.TooManyConnections,
    errors.ConfigurationLimitExceeded,
    errors.IoError,
    # The tables of other code.
    errors.UndefinedTable,
    errors.UndefinedColumn,
]
CRASHES: list[type[psycopg.Error]] = [
    errors.SyntaxError,
    errors.InsufficientPrivilege,
    errors.NumericValueOutOfRange,
    errors.InvalidTextRepresentation,
    errors.StringDataRightTruncation,
    errors.NotNullViolation,
    errors.UniqueViolation,
    errors.InFailedSqlTransaction,
    errors.DataCorrupted,
    psycopg.ProgrammingError,
]
UNAVAILABLE_IN_SQLITE = [
    "SQLITE_BUSY",
    "SQLITE_BUSY_SNAPSHOT",
    "SQLITE_LOCKED",
    "SQLITE_NOMEM",
    "SQLITE_READONLY",
    "SQLITE_READONLY_DBMOVED",
    "SQLITE_INTERRUPT",
    "SQLITE_IOERR",
    "SQLITE_IOERR_WRITE",
    "SQLITE_FULL",
    "SQLITE_CANTOPEN",
    "SQLITE_PROTOCOL",
]
CRASHES_IN_SQLITE = ["SQLITE_ERROR", "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CONSTRAINT_CHECK", "SQLITE_MISMATCH"]


def wrapped(original: Exception, driver: type[Exception], *, is_lost: bool = False) -> DBAPIError:
    """Wrap a driver's error as SQLAlchemy does."""
    error = DBAPIError.instance("SELECT 1", {}, original, driver, connection_invalidated=is_lost)
    assert isinstance(error, DBAPIError)
    return error


def of_sqlite(name: str) -> DBAPIError:
    """Make an error with a result code of SQLite."""
    original = sqlite3.OperationalError(name)
    original.sqlite_errorcode = getattr(sqlite3, name)
    original.sqlite_errorname = name
    return wrapped(original, sqlite3.Error)


@pytest.mark.parametrize("kind", UNAVAILABLE, ids=lambda kind: kind.__name__)
def test_unavailable_on_postgresql(kind: type[psycopg.Error]) -> None:
    """The answer is 503 with Retry-After."""
    problem = as_problem(wrapped(kind("made up"), psycopg.Error))

    assert (problem.status, problem.code) == (503, "unavailable")
    assert "Retry-After" in dict(problem.headers())


@pytest.mark.parametrize("kind", CRASHES, ids=lambda kind: kind.__name__)
def test_crash_on_postgresql(kind: type[psycopg.Error]) -> None:
    """What is wrong here is no outage."""
    assert as_problem(wrapped(kind("made up"), psycopg.Error)).status == 500


@pytest.mark.parametrize("name", UNAVAILABLE_IN_SQLITE)
def test_unavailable_on_sqlite(name: str) -> None:
    """The answer is 503, by the primary result code."""
    assert as_problem(of_sqlite(name)).status == 503


@pytest.mark.parametrize("name", CRASHES_IN_SQLITE)
def test_crash_on_sqlite(name: str) -> None:
    """A missing table or a broken file is no outage."""
    assert as_problem(of_sqlite(name)).status == 500


def test_other_errors() -> None:
    """A pool without a free connection and a lost connection are outages, any other exception is a crash."""
    lost = wrapped(psycopg.DatabaseError("made up"), psycopg.Error, is_lost=True)

    assert [as_problem(each).status for each in (PoolTimeout(), lost, ValueError())] == [503, 503, 500]


@pytest.mark.parametrize("error", [errors.ReadOnlySqlTransaction("made up"), of_sqlite("SQLITE_READONLY").orig])
def test_read_only_is_named(error: Exception) -> None:
    """The answer says that the database takes no writes."""
    driver = psycopg.Error if isinstance(error, psycopg.Error) else sqlite3.Error

    assert "takes no writes" in str(as_problem(wrapped(error, driver)))


@pytest.mark.parametrize("kind", [errors.SerializationFailure, errors.DeadlockDetected, psycopg.OperationalError])
def test_work_is_repeated_at_most_twice(kind: type[psycopg.Error]) -> None:
    """What another transaction ended, or a lost connection, runs three times and then fails with the error."""
    error = wrapped(kind("made up"), psycopg.Error, is_lost=kind is psycopg.OperationalError)
    runs = []

    def work() -> None:
        runs.append(1)
        raise error

    token = _current.set(Deadline(60))
    try:
        with pytest.raises(DBAPIError):
            repeating(work)()
    finally:
        _current.reset(token)

    assert is_repeatable(error)
    assert len(runs) == MOST_ATTEMPTS


@pytest.mark.parametrize("state", ["no deadline", "given up", "committing", "committed"])
def test_work_that_may_have_been_done_is_not_repeated(state: str) -> None:
    """Nothing runs again after a commit began, nor where nobody waits."""
    request = Deadline(60)
    if state == "given up":
        request.give_up()
    elif state != "no deadline":
        request.begin_commit()
    if state == "committed":
        request.end_commit(was_applied=True)
    runs = []

    def work() -> None:
        runs.append(1)
        raise wrapped(errors.DeadlockDetected("made up"), psycopg.Error)

    token = _current.set(None if state == "no deadline" else request)
    try:
        with pytest.raises(DBAPIError):
            repeating(work)()
    finally:
        _current.reset(token)

    assert len(runs) == 1
