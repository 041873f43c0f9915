"""Views, and what is made of them: the most viewed books and the statistics."""

import time
from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from impl.app import create_flask
from impl.backends.store import db
from impl.books.models import Book
from impl.books.views import ViewCounter
from impl.problems import OutcomeUnknown
from impl.settings import Settings
from impl.users.service import add_user

from ..people import PASSWORD, Json, Person, add_book, new_admin, new_person
from ..reference_server import Server
from ..wire import Client

FLUSHED = 9.0


@pytest.fixture(scope="module", name="admin")
def _admin(server: Server) -> Person:
    return new_admin(server, Client(server.port))


def fresh(admin: Person, name: str) -> Json:
    """Read popular or statistics anew, past the cache."""
    content: Json = admin.client.ask("GET", f"/api/books/{name}", None, "Cache-Control: no-cache").json()
    return content


def views(server: Server, book_id: int) -> int:
    """Return the views that the store knows."""
    return int(server.execute("SELECT views FROM books WHERE id = ?", book_id)[0][0])


def test_views_are_answers_200_cached_or_not(server: Server, client: Client, person: Person) -> None:
    """Every 200 is a view, from the cache too; HEAD, 304, 404 and writes are none. All are flushed within seconds."""
    seen, unseen = add_book(person.client), add_book(person.client)
    targets = [each.header("Location") or "" for each in (seen, unseen)]
    answers = [client.ask("GET", targets[0]) for _ in range(3)]
    answers += [
        person.client.ask("GET", f"{targets[0]}?nocache=true"),
        client.ask("GET", targets[0], None, 'If-None-Match: "x"'),
    ]
    others = [client.ask("HEAD", targets[1]) for _ in range(2)]
    others += [client.ask("GET", targets[1], None, f"If-None-Match: {unseen.header('ETag')}") for _ in range(2)]
    others += [client.ask("GET", f"{targets[1]}?nope=1"), client.ask("GET", "/api/books/2147483647")]
    others += [person.client.ask("PATCH", targets[1], {"price": "1.00"}, f"If-Match: {unseen.header('ETag')}")]
    client.ask("GET", "/api/books/popular")
    book_ids = [each.json()["id"] for each in (seen, unseen)]
    deadline = time.monotonic() + FLUSHED
    while views(server, book_ids[0]) < 5 and time.monotonic() < deadline:
        time.sleep(0.1)

    assert [answer.status for answer in answers] == [200] * 5
    assert [answer.header("Cache-Status") for answer in answers[1:3]] == ["bookplate; hit"] * 2
    assert [answer.status for answer in others] == [200, 200, 304, 304, 400, 404, 200]
    assert [views(server, each) for each in book_ids] == [5, 0]


def test_most_viewed_come_first_and_ties_by_id(server: Server, admin: Person) -> None:
    """Ten books, by views and then by ascending id, each with its views."""
    added = [add_book(admin.client).json() for _ in range(12)]
    numbers = [2_000_000 + (2, 9, 2, 5, 9, 2, 2, 7, 1, 2, 9, 0)[place] for place in range(12)]
    for book, number in zip(added, numbers, strict=True):
        server.execute("UPDATE books SET views = ? WHERE id = ?", number, book["id"])
    expected = sorted(zip(added, numbers, strict=True), key=lambda pair: (-pair[1], pair[0]["id"]))[:10]

    assert fresh(admin, "popular") == {"items": [{"book": book, "views": number} for book, number in expected]}


def test_deleted_book_vanishes_at_once(server: Server, client: Client, admin: Person) -> None:
    """A book that was kept as popular is not shown once its deletion is acknowledged."""
    added = add_book(admin.client)
    book_id, target = added.json()["id"], added.header("Location") or ""
    server.execute("UPDATE books SET views = 9000000 WHERE id = ?", book_id)
    fresh(admin, "popular")
    admin.client.ask("POST", "/api/admin/cache/clear")
    before = [client.ask("GET", "/api/books/popular") for _ in range(2)][-1]
    admin.client.ask("DELETE", target, None, f"If-Match: {added.header('ETag')}")
    after = client.ask("GET", "/api/books/popular")

    assert before.json()["items"][0]["book"]["id"] == book_id
    assert before.header("Cache-Status") == "bookplate; hit"
    assert book_id not in [each["book"]["id"] for each in after.json()["items"]]


def test_only_views_lag(server: Server, client: Client, admin: Person) -> None:
    """Popular and statistics may be used for a minute and are kept as long; views alone do not renew them."""
    names = ("popular", "statistics")
    admin.client.ask("POST", "/api/admin/cache/clear")
    first = [client.ask("GET", f"/api/books/{name}") for name in names]
    server.execute("UPDATE books SET views = views + 1000")
    second = [client.ask("GET", f"/api/books/{name}") for name in names]

    assert {answer.header("Cache-Control") for answer in first} == {"public, max-age=60"}
    assert [each.body for each in first] == [each.body for each in second]
    assert fresh(admin, "statistics")["total_views"] > first[1].json()["total_views"]


def test_statistics_add_up(server: Server, admin: Person) -> None:
    """Totals, genres and decades say what the store holds, books without a genre or year included."""
    for genre, year in (("science", 1999), (None, 2000), ("history", None), (None, None), ("science", 1000)):
        add_book(admin.client, genre=genre, published_year=year)
    told = fresh(admin, "statistics")
    rows = server.execute("SELECT genre, published_year, views FROM books")
    genres = Counter(genre for genre, _, _ in rows)
    decades = Counter(None if year is None else year // 10 * 10 for _, year, _ in rows)

    assert (told["total_books"], told["total_views"]) == (len(rows), sum(row[2] for row in rows))
    assert {each["genre"]: each["books"] for each in told["genres"]} == genres
    assert {each["decade"]: each["books"] for each in told["decades"]} == decades


def test_deleted_user_s_books_leave_the_statistics(client: Client, admin: Person) -> None:
    """Books that go with their owner are counted no more."""
    person = new_person(client)
    before = fresh(admin, "statistics")["total_books"]
    add_book(person.client)
    added = client.ask("GET", "/api/books/statistics").json()["total_books"]
    person.client.ask("DELETE", "/api/users/me", None, f"If-Match: {person.me().header('ETag')}")

    assert (added, client.ask("GET", "/api/books/statistics").json()["total_books"]) == (before + 1, before)


@pytest.fixture(name="flask")
def _flask(settings: Settings) -> Iterator[Flask]:
    flask = create_flask(settings)
    with flask.app_context():
        owner = add_user(
            flask.extensions["bookplate"].store, {"email": "a@a.example", "username": "a-1", "password": PASSWORD}
        )
        db.session.add_all([Book(owner_id=owner["id"], title=each, author="A", price_cents=1) for each in "ab"])
        db.session.commit()
        yield flask
        db.session.remove()
        db.engine.dispose()


def test_flush_adds_to_what_is_there(flask: Flask) -> None:
    """Views add up over flushes; those of a book that is gone trouble nobody, and an empty flush writes nothing."""
    counter = ViewCounter()
    for book_id in (1, 2, 1, 99):
        counter.count(book_id)
    counter.flush()
    counter.count(1)
    counter.flush()
    counter.flush()

    assert db.session.scalars(select(Book.views).order_by(Book.id)).all() == [3, 1]


def test_views_that_cannot_be_written_are_kept(flask: Flask) -> None:
    """A flush that fails loses nothing: the next one writes the views."""
    counter = ViewCounter()
    counter.count(1)
    db.session.execute(text("ALTER TABLE books RENAME TO away"))
    db.session.commit()
    with pytest.raises(Exception, match="books"):
        counter.flush()
    counter.count(1)
    db.session.execute(text("ALTER TABLE away RENAME TO books"))
    db.session.commit()
    counter.flush()

    assert db.session.scalar(select(Book.views).where(Book.id == 1)) == 2


def test_views_that_may_have_been_written_are_not_counted_twice(flask: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the connection is lost while the views are committed, they are dropped: the commit may have been done."""
    counter, commit = ViewCounter(), db.session.commit

    def commit_and_lose_the_connection() -> None:
        commit()
        raise OperationalError("COMMIT", {}, Exception("the connection was lost"), connection_invalidated=True)

    counter.count(1)
    with monkeypatch.context() as patched:
        patched.setattr(db.session, "commit", commit_and_lose_the_connection)
        with pytest.raises(OutcomeUnknown):
            counter.flush()
    counter.flush()

    assert db.session.scalar(select(Book.views).where(Book.id == 1)) == 1
