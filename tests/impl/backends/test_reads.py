"""Reads by the driver: what it raises reaches the service as an error of SQLAlchemy, which knows what it means."""

import sqlite3
from typing import Any

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from impl.backends.database_errors import is_unavailable
from impl.backends.reads import _Reading


def no_connection() -> Any:
    raise sqlite3.OperationalError("the server closed the connection unexpectedly")


def test_a_connection_that_cannot_be_made_says_that_the_database_is_unavailable() -> None:
    engine = create_engine("sqlite://", creator=no_connection)

    with pytest.raises(OperationalError) as raised:
        _Reading(engine)

    assert is_unavailable(raised.value)


def begin(connection: sqlite3.Connection, *_: object) -> None:
    connection.execute("BEGIN")


def test_a_transaction_that_cannot_begin_gives_its_connection_back() -> None:
    engine = create_engine("sqlite://", poolclass=QueuePool, connect_args={"isolation_level": None})
    event.listen(engine.pool, "checkout", begin)

    with pytest.raises(OperationalError, match="within a transaction"):
        _Reading(engine)

    assert isinstance(engine.pool, QueuePool)
    assert engine.pool.checkedout() == 0
