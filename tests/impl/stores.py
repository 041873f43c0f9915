"""Applications inside the test's own process, on SQLite and on PostgreSQL, with all tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import insert

from impl.backends.reads import end_reading
from impl.backends.store import db
from impl.books.models import BOOKS
from impl.books.search import search_text
from impl.cli import command_line_app
from impl.settings import load_settings
from impl.users.models import User

from .people import Json, unused_name
from .reference_server import environment

STORES = ("sqlite", "postgresql")


def new_database(server: str) -> str:
    """Make an empty database of PostgreSQL's, and return its address; its plans use indexes, however few rows there are."""
    name = unused_name("db").replace("-", "_")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        connection.execute(f"ALTER DATABASE {name} SET enable_seqscan = off".encode())
        # What it takes for very costly it would compile first.
        connection.execute(f"ALTER DATABASE {name} SET jit = off".encode())
    return f"{server}/{name}"


@contextmanager
def application(folder: Path, address: str | None, revision: str = "head") -> Iterator[Flask]:
    """Make an application on a database of PostgreSQL's, or without an address on a SQLite file, and open its context."""
    variables = environment(folder) if address is None else environment(folder, DATABASE_URL=address)
    app = command_line_app(load_settings(variables))
    with app.app_context():
        upgrade(revision=revision)
        if revision != "head":
            # A SQLite file was brought up to date as the application was made.
            downgrade(revision=revision)
        try:
            yield app
        finally:
            end_reading()
            db.session.remove()
            db.engine.dispose()


def add_owner() -> int:
    """Add a user and return the id."""
    name = unused_name("owner")
    user = User(email=name, email_key=name, username=name, username_key=name, password_hash="!")
    db.session.add(user)
    db.session.flush()
    owner_id = int(user.id)
    db.session.commit()
    return owner_id


def row(owner_id: int, title: str, **values: object) -> Json:
    """Return the columns of a book, with what is not named as it usually is."""
    author = str(values.get("author", "Ada Example"))
    usual = {"author": author, "price_cents": 999, "published_year": None, "genre": None, "views": 0, "isbn": None}
    return {"owner_id": owner_id, "title": title, "search_text": search_text(title, author), **usual, **values}


def add_rows(rows: list[Json]) -> None:
    """Add books, all in one transaction."""
    if rows:
        db.session.execute(insert(BOOKS), rows)
    db.session.commit()
