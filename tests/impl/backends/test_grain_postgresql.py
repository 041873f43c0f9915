"""Writers on PostgreSQL with a shared cache: they wait for each other only where they touch the same."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask_migrate import upgrade

from impl.auth.sessions import begin_session
from impl.backends.generations import slots_to_advance
from impl.backends.store import db
from impl.backends.transactions import Store
from impl.books import service as books
from impl.books.idempotency import KeysInFlight
from impl.cli import command_line_app
from impl.contract.authorization import Caller
from impl.settings import load_settings
from impl.users.service import add_user, find_me
from tests.services.private import MissingProgram, private_postgresql

from ..people import PASSWORD, unused_name
from ..reference_server import environment
from .test_postgresql import new_database

OWNERS, PATIENCE = 16, 20
# Nobody listens there: the generations are the store's, and Redis is not needed for them.
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="module", name="address")
def _address() -> Iterator[str]:
    try:
        with tempfile.TemporaryDirectory(prefix="bookplate-") as folder, private_postgresql(Path(folder)) as address:
            yield new_database(address)
    except MissingProgram as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module", name="app")
def _app(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    settings = environment(tmp_path_factory.mktemp("grain"), DATABASE_URL=address, REDIS_URL=NOWHERE, THREADS="32")
    app = command_line_app(load_settings(settings))
    with app.app_context():
        upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module", name="owners")
def _owners(app: Flask) -> list[int]:
    """Users who write, each their own books."""
    names = [unused_name("owner") for _ in range(OWNERS)]
    users = [{"email": f"{name}@example.com", "username": name, "password": PASSWORD} for name in names]
    return [add_user(store_of(app), user)["id"] for user in users]


def store_of(app: Flask) -> Store:
    """Return the store of an application."""
    store: Store = app.extensions["bookplate"].store
    return store


def add_book(app: Flask, owner_id: int) -> None:
    """Add a book as its owner would."""
    content = {"title": unused_name("Dune"), "author": "Frank Herbert", "price": "1.00"}
    with app.app_context():
        books.add_book(store_of(app), Caller(owner_id, 1, "user", "free"), content, None, KeysInFlight())


def log_in(app: Flask, owner_id: int) -> None:
    """Begin a session."""
    with app.app_context():
        begin_session(store_of(app), owner_id, find_me(owner_id).password_hash, 1000)


def test_writer_who_does_not_commit_holds_up_few_others(app: Flask, owners: list[int], address: str) -> None:
    """While one writer of a book hangs at its commit, log-ins go on, and most writers of other books too."""
    slots = slots_to_advance(books.touched_books(10**6, [10**6]))
    with ThreadPoolExecutor(2 * OWNERS) as pool:
        with psycopg.connect(address) as hanging:
            hanging.execute("SELECT id FROM cache_generation WHERE id = ANY(%s) FOR UPDATE", (slots,))
            logging_in = [pool.submit(log_in, app, owner) for owner in owners]
            adding = [pool.submit(add_book, app, owner) for owner in owners]
            logged_in = wait(logging_in, PATIENCE).done
            added = wait(adding, 3).done
            hanging.rollback()
        finished = wait([*logging_in, *adding], PATIENCE)

    assert len(logged_in) == OWNERS
    # One in sixteen meets the one who hangs.
    assert len(added) >= OWNERS / 2
    assert [each.exception() for each in finished.done] == [None] * 2 * OWNERS


def test_many_writers_at_once_never_deadlock(app: Flask, owners: list[int]) -> None:
    """Writers who touch the same names in any order all succeed."""
    with ThreadPoolExecutor(2 * OWNERS) as pool:
        adding = [pool.submit(add_book, app, owners[number % 3]) for number in range(200)]
        finished = wait(adding, 60)

    assert (len(finished.not_done), [each.exception() for each in finished.done]) == (0, [None] * 200)
