"""
Migrations take turns, and none makes the whole service wait.

On PostgreSQL the turn is an advisory lock of the connection that migrates, on SQLite a file lock beside the database.
Both go with their process. A statement that needs a table waits two seconds for it at most: behind a statement that
waits for its lock, everybody who comes later has to wait too.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import OperationalError

from ..backends.database_file import file_of, holding
from ..backends.revisions import DatabaseError

# Any number will do, as long as it is always the same: these are the letters "bookplat".
ADVISORY_LOCK = 0x626F6F6B706C6174
LONGEST_WAIT, PAUSE = 600.0, 0.5
TRIES, SECONDS_FOR_A_LOCK = 30, 2
# lock_not_available and deadlock_detected (PostgreSQL, appendix A).
IN_USE = ("55P03", "40P01")


@contextmanager
def one_at_a_time(connection: Connection, *, file_is_held: bool = False) -> Iterator[None]:
    """
    Wait until no other process migrates this database, and keep others waiting meanwhile.

    A SQLite file must have no server either; `file_is_held` says that the server itself has started this.

    Raises DatabaseError after ten minutes, or where a server uses the file.
    """
    if connection.dialect.name != "sqlite":
        _wait_for_advisory_lock(connection)
        # The connection is closed at the end, and the lock with it.
        yield
        return
    url = connection.engine.url.render_as_string(hide_password=False)
    with _file_turn(url):
        if file_is_held:
            yield
        else:
            with holding(url):
                yield


def with_short_locks(connection: Connection, migrate: Callable[[], None]) -> None:
    """
    Migrate; where a table is in use, give way and try again.

    Raises DatabaseError after thirty tries.
    """
    if connection.dialect.name == "postgresql":
        # A migration may take its time; only waiting for others is kept short.
        connection.execute(text(f"SET lock_timeout = '{SECONDS_FOR_A_LOCK}s'"))
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
        connection.commit()
    for attempt in range(1, TRIES + 1):
        try:
            return migrate()
        except OperationalError as error:
            connection.rollback()
            if not _is_in_use(error):
                raise
            _say(f"a table is in use: trying again ({attempt} of {TRIES})")
            time.sleep(PAUSE)
    raise DatabaseError("The tables were in use all the time: end long transactions, and run init-db again.")


def _wait_for_advisory_lock(connection: Connection) -> None:
    deadline, is_first = time.monotonic() + LONGEST_WAIT, True
    while not connection.execute(select(func.pg_try_advisory_lock(ADVISORY_LOCK))).scalar():
        # No transaction stays open meanwhile, which would keep the other one from building an index.
        connection.commit()
        if is_first:
            _say_waiting()
        if time.monotonic() > deadline:
            raise _waited_too_long()
        is_first = False
        time.sleep(PAUSE)
    connection.commit()


@contextmanager
def _file_turn(database_url: str) -> Iterator[None]:
    file = file_of(database_url)
    if file is None:
        yield
        return
    lock = FileLock(file.with_name(f"{file.name}-migration.lock"))
    try:
        _take(lock)
    except OSError as error:
        raise DatabaseError(f"{lock.lock_file} cannot be opened: {error.strerror}.") from None
    try:
        yield
    finally:
        lock.release()


def _take(lock: FileLock) -> None:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        _say_waiting()
        try:
            lock.acquire(timeout=LONGEST_WAIT)
        except Timeout:
            raise _waited_too_long() from None


def _is_in_use(error: OperationalError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state in IN_USE or "database is locked" in str(error.orig)


def _say_waiting() -> None:
    _say("another process is migrating: waiting")


def _waited_too_long() -> DatabaseError:
    return DatabaseError(f"Another process has been migrating for {LONGEST_WAIT / 60:.0f} minutes: look at that one.")


def _say(line: str) -> None:
    print(f"migrations: {line}", file=sys.stderr, flush=True)
