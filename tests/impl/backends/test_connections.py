"""The options of the engine: each wait has an end, and what the operator wrote into DATABASE_URL wins."""

import gc
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from impl.app import create_flask
from impl.backends.connections import engine_options
from impl.backends.store import db
from impl.settings import Settings, load_settings

from ..reference_server import DOCUMENT, environment

SERVER = "postgresql://somebody@db.internal/books"


def options(tmp_path: Path, database_url: str, **settings: str) -> dict[str, Any]:
    """Return the options for an address and settings."""
    return engine_options(load_settings(environment(tmp_path, DOCUMENT, DATABASE_URL=database_url, **settings)))


def test_every_wait_on_postgresql_has_an_end(tmp_path: Path) -> None:
    """Connecting, a statement, a lock, an idle transaction, the pool and a silent network are limited."""
    made = options(tmp_path, SERVER, REQUEST_TIMEOUT="4", DATABASE_LOCK_TIMEOUT="0.25")
    arguments = made["connect_args"]

    assert made["pool_timeout"] == 2
    assert arguments["options"].split(" -c ") == [
        "-c statement_timeout=3000",
        "lock_timeout=250",
        "idle_in_transaction_session_timeout=20000",
    ]
    assert (arguments["connect_timeout"], arguments["tcp_user_timeout"]) == (2, 8000)
    assert {"keepalives_idle", "keepalives_interval", "keepalives_count"} < set(arguments)


def test_what_stands_in_the_address_wins(tmp_path: Path) -> None:
    """The operator's parameters are neither replaced nor lost."""
    given = "?connect_timeout=7&options=-c%20statement_timeout%3D9s"
    arguments = options(tmp_path, SERVER + given)["connect_args"]

    assert "connect_timeout" not in arguments
    assert arguments["options"].endswith("-c statement_timeout=9s")


@pytest.mark.parametrize(("settings", "seconds"), [({}, 5.0), ({"DATABASE_LOCK_TIMEOUT": "0.5"}, 0.5)])
def test_the_wait_for_a_sqlite_file_has_an_end(tmp_path: Path, settings: dict[str, str], seconds: float) -> None:
    """The lock timeout is SQLite's busy timeout."""
    assert options(tmp_path, f"sqlite:///{tmp_path}/x.db", **settings)["connect_args"] == {"timeout": seconds}


def test_connections_of_an_application_that_is_gone_are_closed(settings: Settings) -> None:
    """Somebody who makes many applications in one process, as tests do, keeps no file of a database open."""
    flask = create_flask(settings)
    with flask.app_context():
        connection = db.session.connection().connection.dbapi_connection
        assert connection is not None
        connection.execute("SELECT 1")

    del flask
    gc.collect()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
