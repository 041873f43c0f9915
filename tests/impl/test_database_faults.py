"""A database that freezes, locks, cuts off or refuses to write: 503 in time, and no answer that is not true."""

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.services.private import MissingProgram, PostgreSQL

from .people import Person, add_book, book, new_person, unused_name
from .server import Server, environment, read_document, relaxed, save, serving
from .wire import Answer, Client

# Far more than what is promised, and far less than what the faults below take.
IN_TIME = 5.0


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


@pytest.fixture(name="embedded")
def _embedded(tmp_path: Path) -> Iterator[Server]:
    """A server with the default deadline on a SQLite file."""
    with serving(tmp_path, save(relaxed(read_document()), tmp_path), REQUEST_TIMEOUT="2") as server:
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
    assert seconds < IN_TIME
    assert not found & set(titles)
    assert list_books(person).status == 200
    add_book(person.client)


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


def test_commit_that_hangs(postgresql: PostgreSQL, person: Person, tmp_path: Path) -> None:
    """A commit that has begun may be done later, and the answer says that its outcome is not known."""
    settings = {"DATABASE_URL": f"{postgresql.address}/faults", "REQUEST_TIMEOUT": "2"}
    document = save(relaxed(read_document()), tmp_path)
    with serving(tmp_path, document, DATABASE_STATEMENT_TIMEOUT="60", **settings) as server:
        writer, title = new_person(Client(server.port)), unused_name("hanging")
        # A commit now waits for a standby that does not exist.
        postgresql.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        postgresql.execute("SELECT pg_reload_conf()")
        try:
            time.sleep(0.5)
            began = time.monotonic()
            answer = writer.client.ask("POST", "/api/books", book(title=title))
            seconds = time.monotonic() - began
        finally:
            postgresql.execute("ALTER SYSTEM RESET synchronous_standby_names")
            postgresql.execute("SELECT pg_reload_conf()")
        read = list_books(writer)
    time.sleep(1)
    stored = {each for (each,) in postgresql.execute("SELECT title FROM books", "faults")}

    # It was done after all: to say that it was refused would have been wrong.
    assert title in stored
    assert is_refusal(answer)
    assert "not known" in answer.json()["detail"]
    assert seconds < IN_TIME
    assert read.status == 200


def test_commit_that_lands_late(postgresql: PostgreSQL, person: Person, tmp_path: Path) -> None:
    """What a commit of unknown outcome writes is shown once it is there, by lists too that were asked for in between."""
    settings = {"DATABASE_URL": f"{postgresql.address}/faults", "REQUEST_TIMEOUT": "2"}
    document = save(relaxed(read_document()), tmp_path)
    with serving(tmp_path, document, DATABASE_STATEMENT_TIMEOUT="60", **settings) as server:
        writer, author = new_person(Client(server.port)), unused_name("late")
        content, key, listed = book(author=author), f"Idempotency-Key: {author}", f"/api/books?author={author}"

        def found() -> int:
            return int(writer.client.ask("GET", listed).json()["pagination"]["total_items"])

        before = [found(), found()]
        postgresql.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        postgresql.execute("SELECT pg_reload_conf()")
        try:
            time.sleep(0.5)
            answer = writer.client.ask("POST", "/api/books", content, key)
            meanwhile = [found(), found()]
        finally:
            postgresql.execute("ALTER SYSTEM RESET synchronous_standby_names")
            postgresql.execute("SELECT pg_reload_conf()")
        time.sleep(1)
        after = found()
        again = writer.client.ask("POST", "/api/books", content, key)
        at_last = [found(), found()]

    assert "not known" in answer.json()["detail"]
    assert (again.status, again.header("Idempotent-Replayed")) == (201, "true")
    assert (before, meanwhile, after, at_last) == ([0, 0], [0, 0], 1, [1, 1])


def test_locked_file(embedded: Server) -> None:
    """A write waits for SQLite's lock no longer than the setting says; reads go on."""
    person = new_person(Client(embedded.port))
    with closing(sqlite3.connect(embedded.database, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        written = person.client.ask("POST", "/api/books", book())
        seconds = time.monotonic() - began
        read = list_books(person)

    assert is_refusal(written)
    assert seconds < IN_TIME
    assert read.status == 200
    assert person.client.ask("POST", "/api/books", book()).status == 201


def test_read_only_file(embedded: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    """On a SQLite file that cannot be written, writes are refused and the health names the database."""
    person = new_person(Client(embedded.port))
    add_book(person.client)
    folder = tmp_path_factory.mktemp("read-only")
    url = f"sqlite:///file:{embedded.database}?mode=ro&uri=true"
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
    assert (read.status, read.json()["pagination"]["total_items"]) == (200, 1)
