"""Whether the database takes writes, found out without waiting for those who write, and without making them wait."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from .connections import renew
from .database_errors import is_busy, is_read_only


def takes_writes(connection: Connection) -> bool:
    """Tell whether a write would be taken now or after those that others have begun; nothing is written."""
    if connection.dialect.name == "sqlite":
        return _file_takes_writes(connection)
    return _server_takes_writes(connection)


def _server_takes_writes(connection: Connection) -> bool:
    # Touches no table: a lock that a migration holds says nothing of the server, and every instance would wait for it.
    # https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-TRANSACTION-READ-ONLY; on a standby, on
    if _is_writable(connection):
        return True
    # A new connection may lead to the primary, where DATABASE_URL names several hosts, or meet a server that takes
    # writes again. The others stay: reads go on.
    renew(connection)
    return _is_writable(connection)


def _is_writable(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "off")


def _file_takes_writes(connection: Connection) -> bool:
    with _without_waiting(connection):
        try:
            # BEGIN IMMEDIATE, as every transaction that writes here: a read that turns into a write fails beside a writer.
            with connection.execution_options(writes=True).begin():
                # A file that cannot be written refuses only this; it meets no row.
                connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num WHERE 0")
                return True
        except OperationalError as error:
            # Somebody writes, so it can be written.
            if is_busy(error):
                return True
            if is_read_only(error):
                return False
            raise


@contextmanager
def _without_waiting(connection: Connection) -> Iterator[None]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    (patience,) = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout = {patience}")
