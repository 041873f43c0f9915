"""Migrations on PostgreSQL: several at once, code and tables of different age, and a table that is in use."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import psycopg

from impl.backends.revisions import head_revision

from ..private import private_postgresql
from .row import Row, Scenario

PATIENCE = 60
SECRET = "made up for the tests on services: 0123456789"
# Migrations after this one touch the table of books.
OLD_REVISION = "0001"
SECONDS_IN_USE = 6.0


def three_at_once(folder: Path) -> Iterator[Row]:
    """`init-db` is run three times at once on an empty database."""
    with _database(folder) as url:
        running = [_start_flask(url, "init-db") for _ in range(3)]
        said = [process.communicate(timeout=PATIENCE)[1] for process in running]
    codes = [process.returncode for process in running]
    waited = sum("waiting" in each for each in said)
    seen = f"exit {', '.join(map(str, codes))}; {waited} said that they waited"
    yield Row("F23 init-db three times at once", seen, "each exits 0", codes == [0, 0, 0])


def code_and_tables_differ(folder: Path) -> Iterator[Row]:
    """A server runs on tables that are older than its code, then on its own, then on newer ones."""
    with _database(folder) as url:
        _flask(url, "db", "upgrade", OLD_REVISION)
        with _server(folder, url) as port:
            health, books, live = (_status(port, path) for path in ("/health", "/books", "/health/live"))
            seen = f"health {health}, list {books}, liveness {live}"
            wanted = "health 503, list 503, liveness 200"
            yield Row("tables older than the code", seen, wanted, (health, books, live) == (503, 503, 200))

            _flask(url, "init-db")
            health, books = _status(port, "/health"), _status(port, "/books")
            seen, wanted = f"health {health}, list {books}", "health 200, list 200"
            yield Row("the same server after init-db", seen, wanted, (health, books) == (200, 200))

            _set_revision(url, "9999")
            health = _status(port, "/health")
            _set_revision(url, head_revision())
            again = _status(port, "/health")
            seen, wanted = f"health {health}, then {again}", "health 503, then 200 when they are as before"
            yield Row("tables newer than the code", seen, wanted, (health, again) == (503, 200))


def table_in_use(folder: Path) -> Iterator[Row]:
    """A transaction that has read the books stays open while `init-db` wants to change their table."""
    with _database(folder) as url:
        _flask(url, "db", "upgrade", OLD_REVISION)
        holder = threading.Thread(target=_hold_books, args=[url])
        holder.start()
        migration = _start_flask(url, "init-db")
        longest = _longest_read(url, migration)
        migration.communicate(timeout=PATIENCE)
        holder.join(PATIENCE)
    seen = f"the longest other read took {longest:.1f} s, init-db exit {migration.returncode}"
    # Two seconds is what a migration waits for a lock; a busy machine adds to that.
    holds = longest < SECONDS_IN_USE - 1 and migration.returncode == 0
    yield Row(f"F23 init-db while a table is in use for {SECONDS_IN_USE:.0f} s", seen, "about 2 s, exit 0", holds)


SCENARIOS: tuple[Scenario, ...] = (three_at_once, code_and_tables_differ, table_in_use)


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    with private_postgresql(folder) as address:
        # A PostgreSQL that listens may still be starting.
        deadline = time.monotonic() + PATIENCE
        while True:
            with suppress(psycopg.OperationalError), psycopg.connect(f"{address}/postgres"):
                break
            if time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL does not start")
            time.sleep(0.1)
        yield f"{address}/postgres"


def _environment(url: str) -> dict[str, str]:
    return os.environ | {"BOOKPLATE_ENV": "production", "SECRET_KEY": SECRET, "DATABASE_URL": url, "LOG_LEVEL": "ERROR"}


def _start_flask(url: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "flask", "--app", "impl", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=_environment(url), stdout=pipe, stderr=pipe, text=True)


def _flask(url: str, *arguments: str) -> None:
    process = _start_flask(url, *arguments)
    _, errors = process.communicate(timeout=PATIENCE)
    if process.returncode:
        raise RuntimeError(f"flask {' '.join(arguments)}: {errors[-300:]}")


@contextmanager
def _server(folder: Path, url: str) -> Iterator[int]:
    port = 21_000 + os.getpid() % 1000
    with (folder / "server.log").open("wb") as log:
        environment = _environment(url) | {"PORT": str(port)}
        process = subprocess.Popen([sys.executable, "-m", "impl"], env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE
        while _status(port, "/health/live") != 200:
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"the server does not start: {(folder / 'server.log').read_text()[-300:]}")
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _status(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", f"/api{path}")
        answer = connection.getresponse()
        json.loads(answer.read())
        return answer.status
    except OSError:
        return 0
    finally:
        connection.close()


def _set_revision(url: str, revision: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [revision])


def _hold_books(url: str) -> None:
    """Read the books in a transaction, and end it some seconds after somebody has begun to wait for it."""
    deadline = time.monotonic() + PATIENCE
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watch:
        holder.execute("SELECT count(*) FROM books")
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while time.monotonic() < deadline and watch.execute(waiting).fetchone() == (0,):
            time.sleep(0.05)
        time.sleep(SECONDS_IN_USE)


def _longest_read(url: str, migration: "subprocess.Popen[str]") -> float:
    """Read the books again and again until a migration has ended; return how long the longest read took."""
    longest, deadline = 0.0, time.monotonic() + PATIENCE
    with psycopg.connect(url, autocommit=True) as reader:
        while migration.poll() is None and time.monotonic() < deadline:
            started = time.monotonic()
            reader.execute("SELECT count(*) FROM books")
            longest = max(longest, time.monotonic() - started)
            time.sleep(0.05)
    return longest
