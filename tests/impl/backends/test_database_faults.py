"""A database that freezes, locks, cuts off or refuses to write: 503 in time, and no answer that is not true."""

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, false, select, update
from sqlalchemy.exc import DBAPIError

from impl.app import create_flask
from impl.backends import deadline
from impl.backends.connections import repeating
from impl.backends.store import db
from impl.problems import Unavailable
from impl.services import Services
from impl.settings import load_settings
from impl.users.models import User
from tests.services.private import MissingProgram, PostgreSQL

from ..people import Person, add_book, book, log_in, new_person, unused_name
from ..reference_server import Server, environment, read_document, relaxed, save, serving
from ..wire import Answer, Client

pytestmark = pytest.mark.long

# Far more than what is promised, and far less than what the faults below take.
IN_TIME = 5.0
# Seconds until everything is as before.
PATIENCE = 20.0
LOG_INS = 24


@pytest.fixture(scope="module", name="postgresql")
def _postgresql() -> Iterator[PostgreSQL]:
    try:
        # PostgreSQL runs as another user than root, who may not look into pytest's own folders.
        with tempfile.TemporaryDirectory(prefix="bookplate-") as folder:
            server = PostgreSQL(Path(folder))
            server.start()
            try:
                server.execute("CREATE DATABASE faults")
                yield server
            finally:
                server.stop()
    except MissingProgram as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module", name="person")
def _person(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody signed in at a server with the default deadline on that PostgreSQL."""
    folder = tmp_path_factory.mktemp("faults")
    settings = {"DATABASE_URL": f"{postgresql.address}/faults", "LOG_LEVEL": "ERROR", "REQUEST_TIMEOUT": "2"}
    document = save(relaxed(read_document()), folder)
    command = [sys.executable, "-m", "impl.migrations"]
    subprocess.run(command, env=environment(folder, document, **settings), cwd=folder, check=True, timeout=60)
    with serving(folder, document, **settings) as server:
        yield new_person(Client(server.port))


@pytest.fixture(scope="module", name="writer")
def _writer(postgresql: PostgreSQL, person: Person, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody signed in at a server whose statements may take longer than its requests: a commit ends by no limit."""
    folder = tmp_path_factory.mktemp("commits")
    settings = {"DATABASE_URL": f"{postgresql.address}/faults", "REQUEST_TIMEOUT": "2"}
    document = save(relaxed(read_document()), folder)
    with serving(folder, document, DATABASE_STATEMENT_TIMEOUT="60", **settings) as server:
        yield new_person(Client(server.port))


@pytest.fixture(scope="module", name="embedded")
def _embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the default deadline on a SQLite file."""
    folder = tmp_path_factory.mktemp("embedded")
    with serving(folder, save(relaxed(read_document()), folder), REQUEST_TIMEOUT="2") as server:
        yield server


def is_refusal(answer: Answer) -> bool:
    """Tell whether an answer is a 503 that says when to come again."""
    return (answer.status, answer.code) == (503, "unavailable") and answer.header("Retry-After") is not None


def list_books(person: Person) -> Answer:
    """List books, past the cache."""
    return person.client.ask("GET", "/api/books?nocache=true")


def end_backends(postgresql: PostgreSQL) -> int:
    """End every connection of the server; return how many there were."""
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'faults' AND pid <> pg_backend_pid()"
    )
    ended = postgresql.execute(query)
    # Their last message is on its way.
    time.sleep(0.2)
    return len(ended)


def test_frozen(postgresql: PostgreSQL, person: Person) -> None:
    """Reads, writes and health are refused in time; what was refused is not done when the server goes on."""
    titles = [unused_name("frozen") for _ in range(12)]
    add_book(person.client)
    with ThreadPoolExecutor(16) as pool:
        postgresql.freeze()
        try:
            began = time.monotonic()
            writes = [pool.submit(person.client.ask, "POST", "/api/books", book(title=title)) for title in titles]
            others = [pool.submit(list_books, person), pool.submit(person.client.ask, "GET", "/api/health")]
            answers = [future.result() for future in [*writes, *others]]
            seconds = time.monotonic() - began
        finally:
            postgresql.thaw()
    time.sleep(1)
    found = {title for (title,) in postgresql.execute("SELECT title FROM books", "faults")}

    assert Counter(map(is_refusal, answers)) == {True: 14}
    assert answers[-1].json()["detail"] == "database: it did not answer in time."
    assert seconds < IN_TIME
    assert not found & set(titles)
    assert list_books(person).status == 200
    add_book(person.client)


def log_in_all(person: Person) -> tuple[Counter[bool], float]:
    """Log in many times at once; return how many were refused, and how long all of them took."""
    # With a token the session behind it would be looked for first, by threads that hash nothing.
    stranger = replace(person.client, token=None)
    began = time.monotonic()
    with ThreadPoolExecutor(LOG_INS) as pool:
        answers = list(pool.map(lambda _: log_in(stranger, person.email), range(LOG_INS)))
    return Counter(map(is_refusal, answers)), time.monotonic() - began


def logs_in_again(person: Person) -> bool:
    """Tell whether a log-in succeeds soon: the threads that were given up take a moment to come back."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if log_in(person.client, person.email).status == 200:
            return True
        time.sleep(0.1)
    return False


def test_log_ins_while_frozen(postgresql: PostgreSQL, person: Person) -> None:
    """Far more log-ins than hash at once are refused in time."""
    postgresql.freeze()
    try:
        refused, seconds = log_in_all(person)
    finally:
        postgresql.thaw()

    assert refused == {True: LOG_INS}
    assert seconds < IN_TIME
    assert logs_in_again(person)


def test_log_ins_while_locked(postgresql: PostgreSQL, person: Person) -> None:
    """The same where each of them ends with an error of the database, and not with its deadline."""
    with psycopg.connect(f"{postgresql.address}/faults") as holder:
        holder.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        refused, seconds = log_in_all(person)

    assert refused == {True: LOG_INS}
    assert seconds < IN_TIME
    assert logs_in_again(person)


def test_locked_row(postgresql: PostgreSQL, person: Person) -> None:
    """Changes of a locked row are refused in time; when it is free, it can be changed."""
    added = add_book(person.client)
    target, match = added.header("Location") or "", f"If-Match: {added.header('ETag')}"
    with psycopg.connect(f"{postgresql.address}/faults") as holder:
        holder.execute("SELECT FROM books WHERE id = %s FOR UPDATE", [added.json()["id"]])
        began = time.monotonic()
        answer = person.client.ask("PATCH", target, {"price": "1.00"}, match)
        seconds = time.monotonic() - began

    assert is_refusal(answer)
    assert seconds < IN_TIME
    assert person.client.ask("PATCH", target, {"price": "1.00"}, match).status == 200


def test_locked_table_leaves_the_server_ready(postgresql: PostgreSQL, person: Person) -> None:
    """While a migration holds a table, what needs it is refused and the server stays ready."""
    with psycopg.connect(f"{postgresql.address}/faults") as holder:
        holder.execute("LOCK TABLE users, books IN ACCESS EXCLUSIVE MODE")
        health, read = person.client.ask("GET", "/api/health"), list_books(person)

    assert (health.status, is_refusal(read)) == (200, True)


def test_ended_connections_are_not_noticed(postgresql: PostgreSQL, person: Person) -> None:
    """After the server has ended every connection, the next read and the next write work."""
    list_books(person)
    assert end_backends(postgresql) > 0
    read = list_books(person)
    assert end_backends(postgresql) > 0
    written = person.client.ask("POST", "/api/books", book())

    assert (read.status, written.status) == (200, 201)


def test_read_only(postgresql: PostgreSQL, person: Person) -> None:
    """Writes are refused and the health names the database; reads go on, and writes too when they can again."""
    postgresql.execute("ALTER DATABASE faults SET default_transaction_read_only = on")
    try:
        end_backends(postgresql)
        written = person.client.ask("POST", "/api/books", book())
        health = person.client.ask("GET", "/api/health")
        read = list_books(person)
    finally:
        postgresql.execute("ALTER DATABASE faults SET default_transaction_read_only = off")

    assert is_refusal(written)
    assert is_refusal(health)
    assert "database" in health.json()["detail"]
    assert read.status == 200
    assert person.client.ask("POST", "/api/books", book()).status == 201
    assert person.client.ask("GET", "/api/health").status == 200


def write(services: Services) -> None:
    """Write, as the handlers do."""
    with services.store.writing(()) as session:
        session.execute(update(User).where(false()).values(version=1))


def look(services: Services) -> None:
    """Look whether the service is ready."""
    services.health.look()


def ask_as_a_request(flask: Flask, work: Callable[[Services], object]) -> None:
    """Do some work as a request does, and expect that the database refuses it."""
    deadline._current.set(deadline.Deadline(IN_TIME))

    @repeating
    def handle() -> None:
        try:
            work(flask.extensions["bookplate"])
        finally:
            db.session.remove()

    with pytest.raises((DBAPIError, Unavailable)):
        handle()


@pytest.mark.parametrize("work", [write, look])
def test_read_only_server_keeps_its_connections(
    postgresql: PostgreSQL, person: Person, tmp_path: Path, work: Callable[[Services], object]
) -> None:
    """What a read-only server refuses is tried on one connection that is made for it; the others stay in the pool."""
    assert person.me().status == 200
    flask = create_flask(load_settings(environment(tmp_path, DATABASE_URL=f"{postgresql.address}/faults")))
    made: list[object] = []
    with flask.app_context(), ExitStack() as stack:
        stack.callback(db.engine.dispose)
        stack.callback(postgresql.execute, "ALTER DATABASE faults SET default_transaction_read_only = off")
        postgresql.execute("ALTER DATABASE faults SET default_transaction_read_only = on")
        connect_at_once(6)
        event.listen(db.engine, "connect", lambda connection, _record: made.append(connection))
        copy_context().run(ask_as_a_request, flask, work)
        connect_at_once(6)

        # One for the second attempt, and one in place of the first attempt's.
        assert 1 <= len(made) <= 2
        for _ in range(5):
            copy_context().run(ask_as_a_request, flask, work)
        assert len(made) <= 2 + 5 * 2


def connect_at_once(number: int) -> None:
    """Use several connections at the same time."""
    with ExitStack() as stack:
        for _ in range(number):
            stack.enter_context(db.engine.connect()).execute(select(1))


def test_serializable(postgresql: PostgreSQL, person: Person) -> None:
    """Where transactions are serializable, writes that meet are repeated, and then see what the first one wrote."""
    added = add_book(person.client)
    target, match = added.header("Location") or "", f"If-Match: {added.header('ETag')}"

    def change(number: int) -> Answer:
        return person.client.ask("PATCH", target, {"price": f"{number + 1}.00"}, match)

    postgresql.execute("ALTER DATABASE faults SET default_transaction_isolation = 'serializable'")
    try:
        end_backends(postgresql)
        with ThreadPoolExecutor(16) as pool:
            statuses = Counter(answer.status for answer in pool.map(change, range(16)))
    finally:
        postgresql.execute("ALTER DATABASE faults SET default_transaction_isolation = 'read committed'")
        end_backends(postgresql)

    assert statuses == {200: 1, 412: 15}


def test_statement_that_takes_too_long(postgresql: PostgreSQL, person: Person) -> None:
    """A read that waits for a table is refused in time, and leaves nothing behind on the server."""
    for _ in range(2):
        # Whatever the tests before left in the pool is gone after the first.
        list_books(person)
    with psycopg.connect(f"{postgresql.address}/faults") as holder:
        holder.execute("LOCK TABLE books IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        answer = list_books(person)
        seconds = time.monotonic() - began
        time.sleep(1)
        waiting = holder.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = 'faults' AND state = 'active' AND pid <> pg_backend_pid()"
        ).fetchone()

    assert is_refusal(answer)
    assert seconds < IN_TIME
    assert waiting == (0,)


@contextmanager
def commits_hanging(postgresql: PostgreSQL) -> Iterator[None]:
    """Let every commit wait for a standby that does not exist."""
    postgresql.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    postgresql.execute("SELECT pg_reload_conf()")
    try:
        time.sleep(0.5)
        yield
    finally:
        postgresql.execute("ALTER SYSTEM RESET synchronous_standby_names")
        postgresql.execute("SELECT pg_reload_conf()")


def wait_until_stored(postgresql: PostgreSQL, column: LiteralString, value: str) -> None:
    """Wait until a book with this value is in the store."""
    deadline = time.monotonic() + PATIENCE
    while (value,) not in postgresql.execute(f"SELECT {column} FROM books", "faults"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_commit_that_lands_late(postgresql: PostgreSQL, writer: Person) -> None:
    """What a commit of unknown outcome writes is shown once it is there, by lists too that were asked for in between."""
    author = unused_name("late")
    content, key, listed = book(author=author), f"Idempotency-Key: {author}", f"/api/books?author={author}"

    def found() -> int:
        return int(writer.client.ask("GET", listed).json()["pagination"]["total_items"])

    before = [found(), found()]
    kept = writer.client.ask("GET", listed).header("Cache-Status")
    with commits_hanging(postgresql):
        answer = writer.client.ask("POST", "/api/books", content, key)
        meanwhile = [found(), found()]
    wait_until_stored(postgresql, "author", author)
    after = found()
    again = writer.client.ask("POST", "/api/books", content, key)
    at_last = [found(), found()]

    assert kept == "bookplate; hit"
    assert "not known" in answer.json()["detail"]
    assert (again.status, again.header("Idempotent-Replayed")) == (201, "true")
    assert (before, meanwhile, after, at_last) == ([0, 0], [0, 0], 1, [1, 1])


def test_commit_that_hangs(postgresql: PostgreSQL, writer: Person) -> None:
    """A commit that has begun may be done later, and the answer says that its outcome is not known."""
    title = unused_name("hanging")
    with commits_hanging(postgresql):
        began = time.monotonic()
        answer = writer.client.ask("POST", "/api/books", book(title=title))
        seconds = time.monotonic() - began
    read = list_books(writer)
    wait_until_stored(postgresql, "title", title)

    # It was done after all: to say that it was refused would have been wrong.
    assert is_refusal(answer)
    assert "not known" in answer.json()["detail"]
    assert seconds < IN_TIME
    assert read.status == 200


def test_locked_file(embedded: Server) -> None:
    """A write waits for SQLite's lock no longer than the setting says; reads go on, and the server stays ready."""
    person = new_person(Client(embedded.port))
    with closing(sqlite3.connect(embedded.database, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        written = person.client.ask("POST", "/api/books", book())
        seconds = time.monotonic() - began
        read, health = list_books(person), person.client.ask("GET", "/api/health")

    assert is_refusal(written)
    assert seconds < IN_TIME
    assert (read.status, health.status) == (200, 200)
    assert person.client.ask("POST", "/api/books", book()).status == 201


def test_readiness_under_writes(embedded: Server) -> None:
    """While several write all the time every readiness check is 200, and it keeps no write from being done."""
    person = new_person(Client(embedded.port))

    def write(number: int) -> int:
        return person.client.ask("POST", "/api/books", book(title=unused_name(f"busy-{number}"))).status

    with ThreadPoolExecutor(4) as pool:
        writes = [pool.submit(write, number) for number in range(120)]
        checks = list[int]()
        while not all(each.done() for each in writes) and len(checks) < 2000:
            checks.append(person.client.ask("GET", "/api/health").status)

    assert Counter(checks) == {200: len(checks)}
    assert Counter(each.result() for each in writes) == {201: len(writes)}


def test_read_only_file(embedded: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    """On a SQLite file that cannot be written, writes are refused and the health names the database."""
    person = new_person(Client(embedded.port))
    add_book(person.client)
    folder = tmp_path_factory.mktemp("read-only")
    copied = folder / "copied.db"
    # A copy, since the file itself belongs to the server that runs.
    embedded.execute("VACUUM INTO ?", str(copied))
    with closing(sqlite3.connect(copied)) as connection:
        # As every server leaves its file.
        connection.execute("PRAGMA journal_mode=WAL")
        (books,) = connection.execute("SELECT count(*) FROM books").fetchone()
    url = f"sqlite:///file:{copied}?mode=ro&uri=true"
    # In production a server does not bring its file up to date by itself.
    secret = "kJ8s_2Lq-Zt5vXw9YbNcRfGh3PdMeA7u"
    with serving(folder, DATABASE_URL=url, BOOKPLATE_ENV="production", SECRET_KEY=secret) as server:
        client = Client(server.port)
        registered = client.ask(
            "POST",
            "/api/auth/register",
            {"email": "late@example.com", "username": "late-reader", "password": "correct horse battery staple"},
        )
        health = client.ask("GET", "/api/health")
        read = client.ask("GET", "/api/books")

    assert is_refusal(registered)
    assert is_refusal(health)
    assert "database" in health.json()["detail"]
    assert (read.status, read.json()["pagination"]["total_items"]) == (200, books)
    assert books > 0
