"""Code answers only from the tables that it was written for, and says so where they are others."""

import sqlite3
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import count
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from filelock import FileLock
from psycopg.errors import UndefinedTable, UniqueViolation
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError, ProgrammingError

from impl.backends.revisions import DatabaseError, head_revision, known_revisions
from impl.backends.store import db
from impl.cli import command_line_app
from impl.edge.errors import as_problem
from impl.migrations import FOLDER, turns
from impl.migrations.turns import TRIES, one_at_a_time, with_short_locks
from impl.problems import Unavailable
from impl.settings import Settings

from ..commands import finish, is_refused_in_one_line, run_command, start_python
from ..reference_server import DOCUMENT, environment, serving, with_tables
from ..wire import Client

pytestmark = pytest.mark.long

SECRET = "kJ8s_2Lq-Zt5vXw9YbNcRfGh3PdMeA7u"
pages = count(1)
PRODUCTION = {"BOOKPLATE_ENV": "production", "SECRET_KEY": SECRET}


def test_revisions_are_those_of_alembic() -> None:
    """The revisions that are found without Alembic are the ones that Alembic finds, in its order."""
    scripts = ScriptDirectory(FOLDER)
    ordered = [each.revision for each in scripts.walk_revisions()][::-1]

    assert (list(known_revisions()), head_revision()) == (ordered, scripts.get_current_head())


def test_revisions_are_read_as_alembic_writes_them(tmp_path: Path) -> None:
    """A migration that `flask db revision` wrote, with other quotes or with types, is found; a fork is a mistake."""
    (tmp_path / "b.py").write_text("revision = 'bbb'\ndown_revision = 'aaa'\n")
    (tmp_path / "a.py").write_text('revision: str = "aaa"\ndown_revision: str | None = None\n')
    assert known_revisions(tmp_path) == ("aaa", "bbb")

    known_revisions.cache_clear()
    (tmp_path / "c.py").write_text("revision = 'ccc'\ndown_revision = 'aaa'\n")
    with pytest.raises(RuntimeError, match="names no revision, or follows"):
        known_revisions(tmp_path)


def statuses(port: int) -> list[int]:
    """Return the status of readiness, of a read that no cache answers, and of liveness."""
    paths = ("health", f"books?page={next(pages)}", "health/live")
    return [Client(port).ask("GET", f"/api/{path}").status for path in paths]


def test_server_without_tables_is_not_ready(tmp_path: Path) -> None:
    """Before init-db readiness and reads are 503, and readiness says what to do."""
    with serving(tmp_path, DOCUMENT, **PRODUCTION) as server:
        found = statuses(server.port)
        health, books = (
            Client(server.port).ask("GET", f"/api/{path}").json()["detail"] for path in ("health", "books")
        )

    assert found == [503, 503, 200]
    assert "init-db" in health
    # Only readiness says anything of the database.
    assert books == Unavailable.detail


@pytest.mark.parametrize(("revision", "advice"), [("0001", "run init-db"), ("9999", "run newer code")])
def test_other_tables_are_not_ready(tmp_path: Path, revision: str, advice: str) -> None:
    """On other tables a server answers 503 until they are its own; once ready, only its readiness is 503 on others."""
    with_tables(environment(tmp_path))
    with serving(tmp_path, DOCUMENT, **PRODUCTION) as server:
        server.execute("UPDATE alembic_version SET version_num = ?", revision)
        before, detail = statuses(server.port), Client(server.port).ask("GET", "/api/health").json()["detail"]
        server.execute("UPDATE alembic_version SET version_num = ?", head_revision())
        after = statuses(server.port)
        server.execute("UPDATE alembic_version SET version_num = ?", revision)
        # Each look asks for readiness first, as a balancer does all the time.
        later = [statuses(server.port) for _ in range(2)]

    assert (before, after, later) == ([503, 503, 200], [200, 200, 200], [[503, 200, 200]] * 2)
    assert advice in detail


def test_newer_database_stops_the_start_and_init_db(tmp_path: Path) -> None:
    """A database that this code does not know is one line for a server that migrates by itself and for init-db."""
    with_tables(environment(tmp_path))
    with sqlite3.connect(tmp_path / "books.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    done = [run_command(tmp_path, "init-db", **PRODUCTION), finish(start_python(tmp_path, "-m", "impl"))]

    assert [is_refused_in_one_line(each) for each in done] == [True, True], [each.stderr for each in done]
    assert all("9999" in each.stderr for each in done)


@pytest.mark.parametrize(
    "command", ["init-db", *(pytest.param(each, marks=pytest.mark.nightly) for each in ("prune", "seed-db"))]
)
@pytest.mark.parametrize("address", ["postgresql://nobody@127.0.0.1:9/books", "sqlite:////no/such/folder/books.db"])
def test_database_that_cannot_be_reached_is_one_line(tmp_path: Path, command: str, address: str) -> None:
    """A command says in one line that the database cannot be reached."""
    settings = {"DATABASE_URL": address, "BOOKPLATE_ENV": "testing"}
    done = run_command(tmp_path, command, **settings)

    assert is_refused_in_one_line(done), done.stderr


def test_missing_table_is_unavailable_and_other_errors_are_not() -> None:
    """PostgreSQL's word for a missing table becomes 503; another refusal of a statement stays 500."""
    missing, other = (ProgrammingError("SELECT 1", {}, kind("no")) for kind in (UndefinedTable, UniqueViolation))

    assert (as_problem(missing).status, as_problem(other).status) == (503, 500)


@pytest.fixture(name="connection")
def _connection(settings: Settings) -> Iterator[Connection]:
    app = command_line_app(settings)
    with app.app_context(), db.engine.connect() as connection:
        yield connection
    with app.app_context():
        db.engine.dispose()


def test_migration_waits_its_turn_and_says_so(tmp_path: Path) -> None:
    """While another process migrates a SQLite file init-db waits, says so in one line, and then does its work."""
    with FileLock(tmp_path / "books.db-migration.lock"):
        process = start_python(tmp_path, "-m", "flask", "--app", "impl", "init-db", **PRODUCTION)
        assert process.stderr is not None
        line = process.stderr.readline()
    done = finish(process)

    assert line == "migrations: another process is migrating: waiting\n"
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "The database is up to date.")


def test_wait_for_a_migration_ends(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A migration that never ends is named in one line."""
    monkeypatch.setattr(turns, "LONGEST_WAIT", 0.1)
    with FileLock(tmp_path / "books.db-migration.lock"), pytest.raises(DatabaseError), one_at_a_time(connection):
        pass

    assert capsys.readouterr().err.count("waiting") == 1


class TableInUse(Exception):
    """What PostgreSQL's driver raises when a lock is not to be had in time."""

    sqlstate = "55P03"


@pytest.mark.parametrize("refusals", [0, 1, TRIES - 1, TRIES])
def test_migration_gives_way_and_tries_again(
    connection: Connection, refusals: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A migration that meets a table in use is tried again, so many times, and says so each time."""
    monkeypatch.setattr(turns, "PAUSE", 0)
    calls = 0

    def migrate() -> None:
        nonlocal calls
        calls += 1
        if calls <= refusals:
            raise OperationalError("ALTER TABLE", {}, TableInUse())

    with pytest.raises(DatabaseError) if refusals == TRIES else nullcontext():
        with_short_locks(connection, migrate)

    assert calls == min(refusals + 1, TRIES)
    assert capsys.readouterr().err.count("in use") == refusals


def test_other_errors_of_a_migration_are_not_tried_again(connection: Connection) -> None:
    """A step that is wrong fails at once."""
    calls = []

    def migrate() -> None:
        calls.append(1)
        raise OperationalError("ALTER TABLE", {}, Exception("syntax error"))

    with pytest.raises(OperationalError):
        with_short_locks(connection, migrate)
    assert len(calls) == 1
