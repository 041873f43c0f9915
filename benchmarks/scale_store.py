"""Stores with very many books, filled without HTTP, for `benchmarks.scale`."""

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from flask import Flask
from flask_migrate import downgrade, upgrade

from impl.backends.store import db
from impl.books.search import search_text
from impl.cli import command_line_app
from impl.settings import load_settings

from .cases import isbn_13
from .servers import BenchError

# The tables are filled at this revision, and what is younger is then made of rows that are there: as an upgrade does it.
FILLED_AT = "0003"
START = datetime(2020, 1, 1)
FIRST = ("Quiet", "Hidden", "Northern", "Paper", "Copper", "Seventh", "Borrowed", "Distant", "Salted", "Velvet")
SECOND = ("Garden", "Library", "Harbour", "Engine", "Orchard", "Letter", "Mountain", "Clock", "River", "Archive")
GENRES = ("fiction", "non_fiction", "science", "history", None)
BOOKS_OF_OWNER = 50
# Whose books are one in a hundred, however many there are.
PROLIFIC = "Polly Prolific"
# What a search for it finds, whatever the size: so many books, spread evenly.
RARE_WORD, RARE_BOOKS = "Nightingale", 20
KILOBYTES_OF_CACHE = 1_000_000
ISBN_PREFIX = 979_000_000_000
USER_COLUMNS = (
    "id",
    "email",
    "email_key",
    "username",
    "username_key",
    "password_hash",
    "role",
    "tier",
    "active",
    "version",
    "created_at",
    "updated_at",
)
BOOK_COLUMNS = (
    "id",
    "owner_id",
    "title",
    "author",
    "isbn",
    "published_year",
    "genre",
    "price_cents",
    "search_text",
    "views",
    "version",
    "created_at",
    "updated_at",
)


@contextmanager
def filled(store: str, server: str, folder: Path, books: int) -> Iterator[Flask]:
    """
    Make a database with so many books; yield the application that reads it.

    `store` is sqlite, whose file lies in the folder, or postgresql, at whose `server` a database is made and dropped.
    Raises BenchError.
    """
    if store == "sqlite":
        url = f"sqlite:///{folder / f'{books}.db'}"
        with _application(url, folder) as app:
            _fill_sqlite(folder / f"{books}.db", books)
            _finish(app)
            yield app
        return
    name = f"bookplate_scale_{os.getpid()}_{books}"
    try:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
    except psycopg.Error as error:
        raise BenchError(f"{server} lets no database be made: {str(error).strip().splitlines()[0]}") from None
    url = f"{server.rpartition('/')[0]}/{name}"
    try:
        with _application(url, folder) as app:
            _fill_postgresql(url, books)
            _finish(app, "VACUUM ANALYZE", "CHECKPOINT")
            yield app
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def _application(url: str, folder: Path) -> Iterator[Flask]:
    settings = load_settings(
        {
            "BOOKPLATE_ENV": "testing",
            "DATABASE_URL": url,
            "SECRET_KEY": "a secret of the benchmark's own, which guards nothing",
            "LOG_FILE": str(folder / "scale.log"),
        }
    )
    app = command_line_app(settings)
    try:
        with app.app_context():
            upgrade(revision=FILLED_AT)
            # A SQLite file was brought up to date as the application was made.
            downgrade(revision=FILLED_AT)
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _finish(app: Flask, *statements: str) -> None:
    """Run the younger migrations, and what the database's keeper would have run by itself by then."""
    with app.app_context():
        before = time.monotonic()
        upgrade()
        print(f"upgraded in {time.monotonic() - before:.1f} s", file=sys.stderr, flush=True)
        for statement in statements:
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(statement)


def _fill_sqlite(file: Path, books: int) -> None:
    with sqlite3.connect(file) as connection:
        # Rows come in no order that an index has: what does not fit the cache would be written again and again.
        connection.execute(f"PRAGMA cache_size = -{KILOBYTES_OF_CACHE}")
        for table, columns, rows in _tables(books):
            places = ", ".join("?" * len(columns))
            connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", _texts(rows))
    connection.close()


def _texts(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Write moments as SQLAlchemy keeps them in SQLite."""
    for row in rows:
        yield tuple([each.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(each, datetime) else each for each in row])


def _fill_postgresql(url: str, books: int) -> None:
    with psycopg.connect(url) as connection:
        for table, columns, rows in _tables(books):
            with connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        for table in ("users", "books"):
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))".encode()
            )


def _tables(books: int) -> Iterator[tuple[str, tuple[str, ...], Iterator[tuple[Any, ...]]]]:
    yield "users", USER_COLUMNS, map(_user, range(1, books // BOOKS_OF_OWNER + 2))
    yield "books", BOOK_COLUMNS, (_book(number, books) for number in range(1, books + 1))


def _user(number: int) -> tuple[Any, ...]:
    email, name = f"owner-{number}@example.com", f"owner-{number}"
    # No password has this hash.
    return (number, email, email, name, name, "!", "user", "free", True, 1, START, START)


def _book(number: int, books: int) -> tuple[Any, ...]:
    choice = Random(number)
    word = RARE_WORD if number % (books // RARE_BOOKS) == 0 else choice.choice(FIRST)
    title = f"The {word} {choice.choice(SECOND)} {number}"
    author = PROLIFIC if number % 100 == 0 else f"Author {number % (books // 20)}"
    moment = START + timedelta(seconds=number)
    return (
        number,
        number // BOOKS_OF_OWNER + 1,
        title,
        author,
        isbn_13(ISBN_PREFIX + number),
        choice.choice((None, *range(1900, 2027))),
        choice.choice(GENRES),
        choice.randint(100, 9999),
        search_text(title, author),
        choice.randint(1, 1000) if number % 50 == 0 else 0,
        1,
        moment,
        moment,
    )
