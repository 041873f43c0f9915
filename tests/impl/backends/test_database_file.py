"""A SQLite file has one server, or several that share their cache; whatever would make it serve stale answers waits."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from impl.backends.database_file import file_of, holding, made_exclusive
from impl.backends.revisions import DatabaseError

from ..commands import Done, finish, is_refused_in_one_line, run_command, start_python
from ..people import PASSWORD, add_book, log_in, new_person
from ..redis_process import running_redis
from ..reference_server import (
    PATIENCE,
    Server,
    environment,
    free_port,
    read_document,
    relaxed,
    save,
    serving,
    with_tables,
)
from ..wire import Client

pytestmark = pytest.mark.long

HOLD = """
import sys, time
from impl.backends.database_file import holding
with holding(sys.argv[1], shared=sys.argv[2] == "shared"):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module", name="running")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a file of its own, which no other test uses."""
    folder = tmp_path_factory.mktemp("own-file")
    with serving(folder, save(relaxed(read_document()), folder)) as server:
        yield server


def start_second(running: Server, *command: str) -> Done:
    """Start another server on the file of one that runs."""
    folder = running.database.parent
    return finish(start_python(folder, *command, PORT=str(free_port())))


def url(folder: Path) -> str:
    """Return the address of a database in a folder."""
    return f"sqlite:///{folder / 'books.db'}"


def test_second_server_is_refused(running: Server) -> None:
    """A second server on one file ends with one line that names the file, and status 2."""
    done = start_second(running, "-m", "impl")

    assert is_refused_in_one_line(done), done.stderr
    assert "books.db is in use by a running server" in done.stderr


def test_server_that_somebody_else_runs_is_refused(running: Server) -> None:
    """uvicorn, asked to run a second server on one file, shows the line and no traceback, and ends."""
    command = ["-m", "uvicorn", "impl:create_app", "--factory", "--port", str(free_port()), "--log-level", "error"]
    done = start_second(running, *command)

    assert done.returncode not in (0, None)
    # The service's log goes to standard output, uvicorn's lines included.
    assert "books.db is in use by a running server" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_server_that_somebody_else_runs_holds_the_file(tmp_path: Path) -> None:
    """A server that uvicorn runs holds its file as one that runs itself does."""
    with_tables(environment(tmp_path))
    port = free_port()
    command = ["-m", "uvicorn", "impl:create_app", "--factory", "--port", str(port), "--log-level", "error"]
    process = start_python(tmp_path, *command)
    try:
        wait_until(lambda: answers(Client(port)) or process.poll() is not None)
        done = finish(start_python(tmp_path, "-m", "impl", PORT=str(free_port())))
    finally:
        process.terminate()
        finish(process)

    assert is_refused_in_one_line(done), done.stderr


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, some time at most."""
    deadline = time.monotonic() + 2 * PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def answers(client: Client) -> bool:
    """Tell whether a server answers."""
    try:
        return client.ask("GET", "/api/health/live").status == 200
    except OSError:
        return False


def test_seeding_beside_a_server_is_refused(running: Server) -> None:
    """seed-db beside a running server is one line and adds nothing, for the server would not see it."""
    before = Client(running.port).ask("GET", "/api/books").json()["pagination"]["total_items"]
    done = run_command(running.database.parent, "seed-db", "--books", "50")

    assert is_refused_in_one_line(done), done.stderr
    assert running.execute("SELECT count(*) FROM books") == [(before,)]


def test_init_db_beside_a_server(running: Server) -> None:
    """init-db beside a running server has nothing to do; where it has, it is refused in one line."""
    folder = running.database.parent
    idle = run_command(folder, "init-db", BOOKPLATE_ENV="production", SECRET_KEY="kJ8s_2Lq-Zt5vXw9YbNcRfGh3PdMeA7u")
    revision = running.execute("SELECT version_num FROM alembic_version")[0][0]
    running.execute("UPDATE alembic_version SET version_num = '0001'")
    busy = run_command(folder, "init-db", BOOKPLATE_ENV="production", SECRET_KEY="kJ8s_2Lq-Zt5vXw9YbNcRfGh3PdMeA7u")
    running.execute("UPDATE alembic_version SET version_num = ?", revision)

    assert (idle.returncode, is_refused_in_one_line(busy)) == (0, True), busy.stderr


def test_admin_is_made_beside_a_server(running: Server) -> None:
    """create-admin works beside a running server: nothing that it keeps in its cache shows users."""
    client = Client(running.port)
    person = new_person(client)
    add_book(person.client)
    lists = ["/api/books", "/api/books/feed", f"/api/users/{person.user['id']}/books"]
    kept = [person.client.ask("GET", target).body for target in lists]
    done = run_command(
        running.database.parent,
        *("create-admin", "--email", "beside@example.com", "--username", "beside"),
        ADMIN_PASSWORD=PASSWORD,
    )
    admin = log_in(client, "beside@example.com").json()
    found = Client(running.port, token=admin["access_token"])
    users = found.ask("GET", "/api/users?per_page=100").json()["items"]

    assert done.returncode == 0, done.stderr
    assert "beside" in [each["username"] for each in users]
    assert [found.ask("GET", f"{target}?nocache=true").body for target in lists] == kept


def test_pruning_beside_a_server(running: Server) -> None:
    """Prune works beside a running server: what it deletes is in no cache."""
    assert run_command(running.database.parent, "prune").returncode == 0


def test_killed_server_leaves_no_lock(tmp_path: Path) -> None:
    """The lock goes with the process, however it ends."""
    with serving(tmp_path) as server:
        server.process.kill()
        server.process.wait()
        with serving(tmp_path) as second:
            assert Client(second.port).ask("GET", "/api/health").status == 200


def test_of_three_at_once_one_serves(tmp_path: Path) -> None:
    """Of three servers that start at once on a new file one serves, and two are refused in one line each."""
    ports = [free_port() for _ in range(3)]
    processes = [start_python(tmp_path, "-m", "impl", PORT=str(port)) for port in ports]
    try:
        wait_until(lambda: sum(each.poll() is not None for each in processes) >= 2)
        wait_until(lambda: any(answers(Client(port)) for port in ports))
    finally:
        for each in processes:
            each.terminate()
        done = [finish(each) for each in processes]

    assert sum(is_refused_in_one_line(each) for each in done) == 2, [each.stderr for each in done]


@pytest.mark.parametrize(
    ("held", "wanted", "is_free"),
    [("shared", True, True), ("shared", False, False), ("alone", True, False), ("alone", False, False)],
)
def test_only_those_that_share_a_cache_share_a_file(tmp_path: Path, held: str, wanted: bool, is_free: bool) -> None:
    """Servers with Redis share a file with each other, and with nobody else."""
    process = start_python(tmp_path, "-c", HOLD, url(tmp_path), held)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert may_hold(tmp_path, shared=wanted) is is_free
    finally:
        process.kill()
        process.communicate()
    assert may_hold(tmp_path, shared=wanted)


def may_hold(folder: Path, *, shared: bool) -> bool:
    """Tell whether this process may have the file now."""
    try:
        with holding(url(folder), shared=shared):
            return True
    except DatabaseError:
        return False


def test_one_process_holds_a_file_once(tmp_path: Path) -> None:
    """Applications of one process share its lock, whatever name leads to the file; the last one gives it back."""
    (tmp_path / "link.db").symlink_to(tmp_path / "books.db")
    with holding(url(tmp_path)):
        with holding(f"sqlite:///{tmp_path / 'link.db'}"):
            pass
        with made_exclusive(url(tmp_path)) as is_held:
            assert is_held
    with made_exclusive(url(tmp_path)) as is_held:
        assert not is_held


def test_shared_file_is_exclusive_for_a_while(tmp_path: Path) -> None:
    """A process that shares a file may have it alone while nobody else shares it, and shares it again after that."""
    with holding(url(tmp_path), shared=True):
        with made_exclusive(url(tmp_path)) as is_held:
            assert is_held
            assert not may_hold_elsewhere(tmp_path)
        assert may_hold_elsewhere(tmp_path)
        with pytest.raises(DatabaseError), holding(url(tmp_path)):
            pass


def may_hold_elsewhere(folder: Path) -> bool:
    """Tell whether another process may share the file now."""
    code = HOLD.replace("time.sleep(600)", "")
    return finish(start_python(folder, "-c", code, url(folder), "shared")).returncode == 0


def test_no_migration_beside_a_server_that_shares_its_file(tmp_path: Path) -> None:
    """A server of newer code is refused in one line beside one that shares its cache, and changes nothing."""
    with running_redis(tmp_path) as redis, serving(tmp_path, REDIS_URL=redis.url) as server:
        server.execute("UPDATE alembic_version SET version_num = '0001'")
        done = finish(start_python(tmp_path, "-m", "impl", REDIS_URL=redis.url, PORT=str(free_port())))
        revision = server.execute("SELECT version_num FROM alembic_version")

    assert is_refused_in_one_line(done), done.stderr
    assert "books.db is in use by a running server" in done.stderr
    assert revision == [("0001",)]


def test_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """Where no lock can be made the server says so in one line."""
    (tmp_path / "books.db-server.lock").mkdir()
    done = finish(start_python(tmp_path, "-m", "impl", PORT=str(free_port())))

    assert is_refused_in_one_line(done), done.stderr
    assert "must be there and be writable" in done.stderr


@pytest.mark.parametrize(
    "address",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file::memory:?uri=true",
        "sqlite:///file:x?mode=memory&uri=true",
        "postgresql+psycopg://me@localhost/books",
    ],
)
def test_database_without_a_file_needs_no_lock(address: str) -> None:
    """Memory and PostgreSQL have no file to hold."""
    with holding(address):
        assert file_of(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:///{file}",
        "sqlite:///file:{file}?uri=true",
        "sqlite:///file://{file}?mode=rw&uri=1",
        "sqlite:///file://localhost{file}?uri=yes",
        "sqlite:///file:{encoded}?uri=true",
    ],
)
def test_file_is_found_in_each_form_of_its_address(address: str, tmp_path: Path) -> None:
    """SQLite's own way to name a file leads to the same file, and so to the same lock."""
    file = tmp_path / "some books.db"
    encoded = str(file).replace(" ", "%20").replace("b", "%62")

    # One of the forms opens only what is there.
    file.touch()

    assert file_of(address.format(file=file, encoded=encoded)) == file.resolve()
    with closing(create_engine(address.format(file=file, encoded=encoded)).raw_connection()) as connection:
        connection.execute("PRAGMA user_version = 1")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
