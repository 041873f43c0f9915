"""What is made of books that are there already is what would have been made as they were added."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from impl.backends.reads import end_reading
from impl.backends.store import db
from impl.books import service
from impl.books.counts import recount

from ..people import Json
from ..stores import add_owner, add_rows, application, row

BEFORE = "0003"
BOOKS = 200
KEYS: dict[str, Callable[[Json], Any]] = {
    "title": lambda book: book["title"],
    "author": lambda book: book["author"],
    "published_year": lambda book: book["published_year"],
    "price": lambda book: int(book["price"].replace(".", "")),
    "created_at": lambda book: book["created_at"],
}


def fill() -> None:
    """Add books with many ties, with nulls, and with text that is folded and ordered by code point."""
    choice, owner = Random(7), add_owner()
    titles, authors = ("Straße", "straSSE", "Zoo", "apple", "Éte", "😀 smile"), ("Ada", "ada", "Ben", "Ämilia")
    rows = [
        row(
            owner,
            choice.choice(titles),
            author=choice.choice(authors),
            genre=choice.choice((None, "fiction", "history")),
            published_year=choice.choice((None, 1899, 1990, 1999, 2000)),
            price_cents=choice.choice((1, 99, 1000)),
            views=choice.choice((0, 0, 3)),
        )
        for _ in range(BOOKS)
    ]
    add_rows(rows)


@pytest.fixture(name="old")
def _old(database: str | None, tmp_path: Path) -> Iterator[Flask]:
    """An application whose database has books, and the tables of an older revision."""
    with application(tmp_path, database, BEFORE) as app:
        fill()
        yield app


def ordered(books: list[Json], sort: str) -> list[int]:
    """Return the ids in an order as the contract has it: nulls last, ties by ascending id, text by code point."""
    key, backwards = KEYS[sort.removeprefix("-")], sort.startswith("-")
    known = sorted([each for each in books if key(each) is not None], key=lambda each: int(each["id"]))
    known.sort(key=key, reverse=backwards)
    return [each["id"] for each in [*known, *(each for each in books if key(each) is None)]]


def names() -> tuple[set[str | None], set[str]]:
    """Return the names of the indexes of books, and of all tables."""
    inspector = inspect(db.engine)
    return {each["name"] for each in inspector.get_indexes("books")}, set(inspector.get_table_names())


def test_lists_of_books_that_were_there_are_as_the_contract_says(old: Flask) -> None:
    """After the upgrade all orders, totals, searches and statistics are right, and writes keep them so."""
    upgrade()
    books, total = service.list_books({}, None, 1, BOOKS)

    assert total == BOOKS
    for sort in (sign + key for key in KEYS for sign in ("", "-")):
        assert [each["id"] for each in service.list_books({}, sort, 1, BOOKS)[0]] == ordered(books, sort)
    assert service.search_books("STRASSE", 1, 1)[1] == sum(each["title"] in ("Straße", "straSSE") for each in books)
    assert service.list_books({"author": "ada"}, None, 1, 1)[1] == sum(each["author"] == "ada" for each in books)
    end_reading()
    fill()
    assert service.count_books()["total_books"] == 2 * BOOKS
    assert recount(old.extensions["bookplate"].store) == 0


def test_way_back_leaves_the_old_tables(old: Flask) -> None:
    """Down again, the books are there and nothing that was made, and up again all is as before."""
    before = names()

    upgrade()
    downgrade(revision=BEFORE)

    assert names() == before
    fill()
    upgrade()
    assert service.count_books()["total_books"] == 2 * BOOKS
