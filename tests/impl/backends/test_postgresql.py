"""PostgreSQL: what SQLite forgives, two workers on one database, and the same order everywhere."""

import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from impl.backends.store import db
from impl.background.pruning import Pruned, prune
from impl.cli import command_line_app
from impl.migrations import turns
from impl.migrations.described import is_described
from impl.settings import load_settings
from tests.services.private import MissingProgram, private_postgresql

from ..commands import finish, start_python
from ..people import PASSWORD, Json, Person, add_book, book, isbn_10, isbn_13, new_person, unused_name
from ..reference_server import PATIENCE, environment, read_document, relaxed, save, serving
from ..wire import Answer, Client

pytestmark = pytest.mark.long

MANY = 32
SECRET = "kJ8s_2Lq-Zt5vXw9YbNcRfGh3PdMeA7u"
Call = Callable[[Person, int], Answer]


@pytest.fixture(scope="module", name="address")
def _address() -> Iterator[str]:
    try:
        # PostgreSQL runs as another user than root, who may not look into pytest's own folders.
        with tempfile.TemporaryDirectory(prefix="bookplate-") as folder, private_postgresql(Path(folder)) as address:
            yield address
    except MissingProgram as missing:
        pytest.skip(str(missing))


def new_database(address: str) -> str:
    """Make an empty database and return its address."""
    name = unused_name("db").replace("-", "_")
    # A PostgreSQL that listens may still be starting.
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection = psycopg.connect(f"{address}/postgres", autocommit=True)
            break
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    with connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{address}/{name}"


@pytest.fixture(scope="module", name="pair")
def _pair(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Person, Person]]:
    """One person, signed in at two workers on one database."""
    folder, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    settings = {"DATABASE_URL": new_database(address), "SECRET_KEY": SECRET, "LOG_LEVEL": "ERROR"}
    document = save(relaxed(read_document()), folder)
    command = [sys.executable, "-m", "impl.migrations"]
    subprocess.run(command, env=environment(folder, document, **settings), cwd=folder, check=True, timeout=60)
    with serving(folder, document, **settings) as one, serving(other, document, **settings) as two:
        person = new_person(Client(one.port))
        yield person, Person(Client(two.port, token=person.client.token), person.email, person.user, person.tokens)


def at_once(pair: tuple[Person, Person], call: Call, count: int = MANY) -> list[Answer]:
    """Call so many times at the same moment, in turn at both workers."""
    start = Barrier(count)

    def run(number: int) -> Answer:
        start.wait(10)
        return call(pair[number % 2], number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def statuses(answers: list[Answer]) -> Counter[int]:
    """Count the answers by status."""
    return Counter(answer.status for answer in answers)


def register(person: Person, email: str, username: str) -> Answer:
    """Register a user."""
    content = {"email": email, "username": username, "password": PASSWORD}
    return Client(person.client.port).ask("POST", "/api/auth/register", content)


def test_migrations_up_down_and_up(address: str, tmp_path: Path) -> None:
    """Tables are made, taken away and made again, and are then what the models describe."""
    app = command_line_app(load_settings(environment(tmp_path, DATABASE_URL=new_database(address))))
    with app.app_context():
        upgrade()
        upgrade()
        made = set(inspect(db.engine).get_table_names())
        downgrade(revision="base")
        left = set(inspect(db.engine).get_table_names()) - {"alembic_version"}
        upgrade()
        with db.engine.connect() as connection:
            options = {"compare_type": True, "compare_server_default": True, "include_object": is_described}
            difference = compare_metadata(MigrationContext.configure(connection, opts=options), db.metadata)
        again = set(inspect(db.engine).get_table_names())
        db.engine.dispose()

    assert (left, again, difference) == (set(), made, [])
    assert {table.name for table in db.metadata.sorted_tables} < made


@pytest.mark.parametrize("field", ["title", "author"])
def test_text_is_ordered_by_code_point(pair: tuple[Person, Person], field: str) -> None:
    """Text is ordered as on SQLite: by code point, whatever the language."""
    texts = ["b", "B", "ä", "Z", "a", "é", "e", "\U0001f600", "ﬀ", "10", "9", "a-b", "a b", "ab"]
    added = {add_book(pair[0].client, **{field: text}, published_year=1234).json()["id"] for text in texts}
    target = f"/api/books?year_from=1234&year_to=1234&sort={field}&per_page=100"
    found = [each[field] for each in pair[1].client.ask("GET", target).json()["items"] if each["id"] in added]

    assert found == sorted(texts)


def test_one_email_in_two_spellings_is_registered_once(pair: tuple[Person, Person]) -> None:
    """Of 32 registrations of one email in two spellings at two workers one succeeds, and the rest name the email."""
    name = unused_name("twin")
    spellings = (f"{name}@example.com", f"{name.title()}@EXAMPLE.com")
    answers = at_once(pair, lambda person, number: register(person, spellings[number // 2 % 2], unused_name("twin")))
    pointers = {fault["pointer"] for answer in answers if answer.status == 409 for fault in answer.json()["errors"]}

    assert (statuses(answers), pointers) == ({201: 1, 409: MANY - 1}, {"/email"})


def test_one_isbn_in_two_spellings_is_added_once(pair: tuple[Person, Person]) -> None:
    """Of 32 new books with one ISBN in two spellings one is added and 31 conflict."""
    isbn = isbn_13(420_000_001)
    contents = (book(isbn=isbn), book(isbn=isbn_10(isbn)))
    answers = at_once(pair, lambda person, number: person.client.ask("POST", "/api/books", contents[number // 2 % 2]))

    assert statuses(answers) == {201: 1, 409: MANY - 1}


@pytest.mark.parametrize(("method", "done"), [("PATCH", 200), ("DELETE", 204)])
def test_one_tag_admits_one_write(pair: tuple[Person, Person], method: str, done: int) -> None:
    """Of 32 writes with one ETag one is made; the rest are told of it, and none is an error."""
    added = add_book(pair[0].client)
    target, match = added.header("Location") or "", f"If-Match: {added.header('ETag')}"

    def write(person: Person, number: int) -> Answer:
        content = {"price": f"{number + 1}.00"} if method == "PATCH" else None
        return person.client.ask(method, target, content, match)

    answers = at_once(pair, write)

    assert statuses(answers)[done] == 1
    assert set(statuses(answers)) <= ({200, 412} if method == "PATCH" else {204, 404, 412})


@pytest.mark.parametrize("number", range(3))
def test_one_key_adds_one_book_over_all_workers(pair: tuple[Person, Person], number: int) -> None:
    """With one key at two workers there is one book, and nobody is told that the ISBN is somebody else's."""
    isbn, key = isbn_13(420_000_002 + number), unused_name("key")
    content = book(isbn=isbn, author=unused_name("author"))
    answers = at_once(
        pair, lambda person, _: person.client.ask("POST", "/api/books", content, f"Idempotency-Key: {key}")
    )
    listed = pair[0].client.ask("GET", f"/api/books?author={content['author']}&nocache=true").json()["items"]

    assert len(listed) == 1
    assert {answer.body for answer in answers if answer.status == 201} == {
        pair[1].client.ask("POST", "/api/books", content, f"Idempotency-Key: {key}").body
    }
    assert {answer.code for answer in answers if answer.status != 201} <= {"idempotency_key_in_flight"}


@pytest.mark.parametrize("_number", range(40))
def test_of_refreshes_at_two_workers_the_winner_keeps_its_session(pair: tuple[Person, Person], _number: int) -> None:
    """Of two refreshes at once, one at each worker, one succeeds, the other is 401, and the tokens of the first work."""
    person = new_person(Client(pair[0].client.port))
    answers = refreshed_at_once(pair, person, 2)

    assert statuses(answers) == {200: 1, 401: 1}
    assert_session_lives(answers, pair)


@pytest.mark.parametrize("_number", range(4))
def test_of_many_refreshes_at_two_workers_one_succeeds(pair: tuple[Person, Person], _number: int) -> None:
    """Of 32 refreshes with one token one succeeds, the rest are 401 and no deadlock, and the session lives."""
    person = new_person(Client(pair[0].client.port))
    answers = refreshed_at_once(pair, person, MANY)

    assert statuses(answers) == {200: 1, 401: MANY - 1}
    assert_session_lives(answers, pair)


def refreshed_at_once(pair: tuple[Person, Person], person: Person, count: int) -> list[Answer]:
    """Use one refresh token so many times at the same moment, in turn at both workers."""
    token = {"refresh_token": person.tokens["refresh_token"]}
    return at_once(pair, lambda each, _: Client(each.client.port).ask("POST", "/api/auth/refresh", token), count)


def assert_session_lives(answers: list[Answer], pair: tuple[Person, Person]) -> None:
    """Use both tokens that the one success handed out, at the other worker."""
    winner = next(answer.json() for answer in answers if answer.status == 200)
    port = pair[1].client.port
    assert Client(port, token=winner["access_token"]).ask("GET", "/api/users/me").status == 200
    renewed = Client(port).ask("POST", "/api/auth/refresh", {"refresh_token": winner["refresh_token"]})
    assert renewed.status == 200


@pytest.mark.parametrize(
    ("email", "username", "pointers"),
    [
        ("email-isbn@example.com", "somebody-else", ["/email"]),
        ("other@example.com", "email-username-isbn", ["/username"]),
    ],
)
def test_conflict_names_what_is_taken(
    pair: tuple[Person, Person], email: str, username: str, pointers: list[str]
) -> None:
    """A conflict names the member whose value is taken, whatever words stand in the value."""
    register(pair[0], "email-isbn@example.com", "email-username-isbn")
    answer = register(pair[0], email, username)

    assert (answer.status, [fault["pointer"] for fault in answer.json()["errors"]]) == (409, pointers)


@pytest.mark.parametrize(
    ("title", "author"),
    [("ﬃ" * 200, "ﬃ" * 100), ("ΐ" * 200, "x"), ("\U0001f600" * 200, "ß" * 100)],
    ids=["three letters", "three marks", "four bytes"],
)
def test_longest_texts_are_stored_and_found(pair: tuple[Person, Person], title: str, author: str) -> None:
    """The longest title and author fit, even where folding their case makes them three times as long."""
    content: Json = {"title": title, "author": author, "price": "1.00"}
    answer = pair[0].client.ask("POST", "/api/books", content)

    assert (answer.status, answer.json().get("title")) == (201, title)


def test_migration_waits_its_turn_and_says_so(address: str, tmp_path: Path) -> None:
    """While another process migrates a database init-db waits, says so in one line, and then does its work."""
    url = new_database(address)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [turns.ADVISORY_LOCK])
        process = start_python(tmp_path, "-m", "flask", "--app", "impl", "init-db", DATABASE_URL=url)
        assert process.stderr is not None
        line = process.stderr.readline()
    done = finish(process)

    assert line == "migrations: another process is migrating: waiting\n"
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "The database is up to date.")


@pytest.mark.parametrize("most", [2_000, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_two_processes_that_prune_do_not_meet_crosswise(address: str, tmp_path: Path, most: int) -> None:
    """Two that prune at once and wait for each other take all that is dead: no error, no row twice, none left."""
    url = new_database(address)
    app = command_line_app(load_settings(environment(tmp_path, DATABASE_URL=url)))
    with app.app_context():
        upgrade()
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO users (email, email_key, username, username_key, password_hash, role, tier, active, version,"
            " created_at, updated_at) VALUES ('a@b.c', 'a@b.c', 'a', 'a', '!', 'user', 'free', true, 1, now(), now())"
        )
        connection.execute(
            "INSERT INTO sessions (user_id, created_at) SELECT 1, now() - interval '40 days' FROM generate_series(1, %s)",
            [most],
        )
        connection.execute(
            "INSERT INTO refresh_tokens (token_hash, session_id, expires_at)"
            " SELECT md5(id::text), id, now() - interval '9 days' FROM sessions"
        )

    def walk(_number: int) -> Pruned:
        total = Pruned()
        with app.app_context():
            for step in prune(600, waits=True):
                total.add(step)
        return total

    with ThreadPoolExecutor(2) as pool:
        totals = [*pool.map(walk, range(2))]
    with app.app_context():
        db.engine.dispose()

    assert (sum(each.refresh_tokens for each in totals), sum(each.sessions for each in totals)) == (most, most)
