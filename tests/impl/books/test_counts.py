"""The kept counts are what counting finds, whatever is written, however many write at once."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from impl.backends.reads import end_reading
from impl.backends.store import db
from impl.backends.transactions import Store
from impl.books import service
from impl.books.counts import COUNTS, recount
from impl.books.idempotency import KeysInFlight
from impl.books.models import BOOKS
from impl.contract.authorization import Caller
from impl.contract.contract import Contract
from impl.problems import PreconditionFailed
from impl.users.models import User

from ..people import Json, unused_name
from ..stores import add_owner, add_rows, row

GENRES, AUTHORS, YEARS = (None, "fiction", "history"), ("Ada", "Ben"), (None, 1899, 1990, 1999, 2000)
WRITERS, WRITES = 8, 30
CHANGES = st.sampled_from(["add", "add three", "change", "view", "remove", "remove owner"])


@pytest.fixture(name="store_of_books")
def _store_of_books(stored: Flask) -> Iterator[Store]:
    """The store of an application without books."""
    db.session.execute(delete(User))
    db.session.commit()
    store: Store = stored.extensions["bookplate"].store
    assert recount(store) == 0
    yield store
    end_reading()


def any_row(choice: Random, owner_id: int) -> Json:
    """Return a book of some genre, year and author."""
    genre, author, year = choice.choice(GENRES), choice.choice(AUTHORS), choice.choice(YEARS)
    return row(owner_id, "A Book", genre=genre, author=author, published_year=year, views=choice.randint(0, 3))


def counted() -> Json:
    """Return the statistics as counting each book makes them."""
    end_reading()
    db.session.rollback()
    rows = db.session.execute(select(BOOKS.c.genre, BOOKS.c.published_year, BOOKS.c.views)).all()
    db.session.rollback()
    genres = Counter(each.genre for each in rows)
    decades = Counter(None if each.published_year is None else each.published_year // 10 * 10 for each in rows)
    return {
        "total_books": len(rows),
        "total_views": sum(each.views for each in rows),
        "genres": [{"genre": each, "books": genres[each]} for each in sorted(genres, key=lambda name: name or "")],
        "decades": [{"decade": each, "books": decades[each]} for each in sorted(decades, key=lambda year: year or 0)],
    }


@settings(max_examples=40, deadline=None)
@given(changes=st.lists(CHANGES, min_size=1, max_size=8), seed=st.integers(0, 1000))
def test_counts_follow_every_write(stored: Flask, changes: list[str], seed: int) -> None:
    """After each kind of write in SQL, also of many rows and by a cascade, statistics and totals are as counted."""
    choice = Random(seed)
    db.session.execute(delete(User))
    owners = [add_owner(), add_owner()]
    for change in changes:
        write(change, choice, owners)
    expected = counted()
    authors = Counter(db.session.scalars(select(BOOKS.c.author)))
    db.session.rollback()

    assert service.count_books() == expected
    assert service.list_books({}, None, 1, 1)[1] == expected["total_books"]
    for each in expected["genres"]:
        if each["genre"]:
            assert service.list_books({"genre": each["genre"]}, None, 1, 1)[1] == each["books"]
    assert [service.list_books({"author": each}, None, 1, 1)[1] for each in AUTHORS] == [
        authors[each] for each in AUTHORS
    ]
    end_reading()


def write(change: str, choice: Random, owners: list[int]) -> None:
    """Write something to about half of the books."""
    half = BOOKS.c.id % 2 == choice.randint(0, 1)
    some = any_row(choice, choice.choice(owners))
    changed = {name: some[name] for name in ("genre", "author", "published_year")}
    match change:
        case "add":
            add_rows([some])
        case "add three":
            add_rows([any_row(choice, choice.choice(owners)) for _ in range(3)])
        case "change":
            db.session.execute(update(BOOKS).where(half).values(**changed))
        case "view":
            db.session.execute(update(BOOKS).where(half).values(views=BOOKS.c.views + 2))
        case "remove":
            db.session.execute(delete(BOOKS).where(half))
        case "remove owner":
            db.session.execute(delete(User).where(User.id == owners.pop()))
            owners.append(add_owner())
    db.session.commit()


def test_author_without_books_has_no_count(store_of_books: Store) -> None:
    """Counts of authors do not outlive their last book, or the table would grow for ever."""
    add_rows([row(add_owner(), "Only", author="Ephemeral")])
    db.session.execute(delete(BOOKS))
    db.session.commit()

    assert db.session.scalars(select(COUNTS.c.value).where(COUNTS.c.kind == "author")).all() == []


def test_what_is_rolled_back_is_not_counted(store_of_books: Store) -> None:
    """A write that fails at its end leaves the counts as they were."""
    owner = add_owner()
    add_rows([row(owner, "Kept")])

    def fail_at_the_end() -> None:
        with store_of_books.writing() as session:
            session.execute(BOOKS.insert(), [row(owner, "Lost", genre="fiction")])
            raise PreconditionFailed()

    with pytest.raises(PreconditionFailed):
        fail_at_the_end()

    assert service.count_books() == counted() | {"total_books": 1}


def test_counts_are_right_after_a_race(stored: Flask, store_of_books: Store, contract: Contract) -> None:
    """Eight connections that add, change and remove at once lose no count, and none of them fails."""
    owners = [add_owner() for _ in range(WRITERS)]
    start = Barrier(WRITERS)

    def run(number: int) -> None:
        choice, caller = Random(number), Caller(owners[number], 1, "user", "free")
        with stored.app_context():
            start.wait(10)
            for _ in range(WRITES):
                write_by_service(store_of_books, contract, caller, choice)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(run, range(WRITERS)))

    expected = counted()
    assert service.count_books() == expected
    assert expected["total_books"] > 0
    assert recount(store_of_books) == 0


def write_by_service(store: Store, contract: Contract, caller: Caller, choice: Random) -> None:
    """Add a book as a handler does; then change it, remove it, or leave it."""
    content = {
        "title": unused_name("Race"),
        "author": choice.choice(AUTHORS),
        "price": "1.00",
        "genre": choice.choice(GENRES),
        "published_year": choice.choice(YEARS),
    }
    book, _ = service.add_book(store, caller, content, None, KeysInFlight())
    other = {"author": choice.choice(AUTHORS), "genre": choice.choice(GENRES)}
    match choice.randint(0, 2):
        case 0:
            service.change_book(store, contract.operations["update_book"], caller, book["id"], other, "*")
        case 1:
            service.remove_book(store, contract.operations["delete_book"], caller, book["id"], "*")


def test_recount_removes_stripes_that_make_up_for_each_other(store_of_books: Store) -> None:
    """A book that came by one connection and went by another leaves such counts on PostgreSQL, and they are no mistake."""
    stripes = "('author', 'Gone', 100, 1), ('author', 'Gone', 101, -1)"
    db.session.execute(text(f"INSERT INTO book_counts (kind, value, stripe, number) VALUES {stripes}"))
    db.session.commit()

    assert recount(store_of_books) == 0
    assert db.session.scalars(select(COUNTS.c.value).where(COUNTS.c.kind == "author")).all() == []


def test_recount_puts_right_what_is_wrong(store_of_books: Store) -> None:
    """A count that was changed past the triggers is found and mended, and a second look finds nothing."""
    add_rows([row(add_owner(), "One", genre="fiction", author="Ada", published_year=1999, views=7)])
    before = service.count_books()
    end_reading()
    db.session.execute(text("UPDATE book_counts SET number = number + 5 WHERE kind IN ('all', 'author')"))
    db.session.execute(text("DELETE FROM book_counts WHERE kind = 'genre'"))
    db.session.commit()

    found = recount(store_of_books)

    assert found == 3
    assert service.count_books() == before
    assert recount(store_of_books) == 0
