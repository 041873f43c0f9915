"""An Idempotency-Key: one effect and one answer, for its owner, for a day."""

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from ..people import Json, Person, book, isbn_13, new_person, unused_name
from ..reference_server import Server
from ..wire import Answer, Client

MANY = 32


def create(person: Person, key: str, content: Json) -> Answer:
    """Add a book under a key."""
    return person.client.ask("POST", "/api/books", content, f"Idempotency-Key: {key}")


def rows(server: Server, title: str) -> int:
    """Count the books of a title in the store."""
    return int(server.execute("SELECT count(*) FROM books WHERE title = ?", title)[0][0])


def test_repeated_request_gets_the_first_answer(server: Server, person: Person) -> None:
    """Same key and content: the same bytes, ETag and Location, one row, and a header that says so."""
    key, content = unused_name("key"), book()
    first = create(person, key, content)
    again = [create(person, key, content) for _ in range(3)]

    assert (first.status, first.header("Idempotent-Replayed")) == (201, None)
    assert {answer.header("Idempotent-Replayed") for answer in again} == {"true"}
    assert {(each.status, each.body, each.header("ETag"), each.header("Location")) for each in again} == {
        (201, first.body, first.header("ETag"), first.header("Location"))
    }
    assert rows(server, content["title"]) == 1


def test_replay_is_the_first_answer_after_the_book_has_changed(person: Person) -> None:
    """The answer that is repeated is the one that was given, whatever became of the book."""
    key, content = unused_name("key"), book()
    first = create(person, key, content)
    target = first.header("Location") or ""
    changed = person.client.ask("PATCH", target, {"price": "1.00"}, f"If-Match: {first.header('ETag')}")
    person.client.ask("DELETE", target, None, f"If-Match: {changed.header('ETag')}")

    assert create(person, key, content).body == first.body
    assert person.client.ask("GET", target).status == 404


def test_order_and_spacing_of_members_are_not_content(server: Server, person: Person) -> None:
    """The same members in another order are the same content."""
    key, content = unused_name("key"), book(genre="science")
    first = create(person, key, content)

    assert create(person, key, dict(reversed(content.items()))).body == first.body
    assert rows(server, content["title"]) == 1


@pytest.mark.parametrize("change", [{"price": "9.98"}, {"genre": None}, {"isbn": isbn_13(310_000_001)}])
def test_other_content_under_a_key_is_refused(server: Server, person: Person, change: Json) -> None:
    """Same key, other content: 422, and nothing is added."""
    key, content = unused_name("key"), book()
    create(person, key, content)
    answer = create(person, key, content | change)

    assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert rows(server, content["title"]) == 1


def test_keys_are_the_caller_s_own(server: Server, client: Client, person: Person) -> None:
    """Two people may use one key: each adds a book."""
    other, key, content = new_person(client), unused_name("key"), book()
    answers = [create(each, key, content) for each in (person, other)]

    assert [(answer.status, answer.header("Idempotent-Replayed")) for answer in answers] == [(201, None)] * 2
    assert [answer.json()["owner_id"] for answer in answers] == [person.user["id"], other.user["id"]]
    assert rows(server, content["title"]) == 2


def test_only_a_201_is_remembered(server: Server, person: Person) -> None:
    """A key whose requests were refused is still free."""
    key, isbn = unused_name("key"), isbn_13(310_000_002)
    content = book(isbn=isbn)
    taken = person.client.ask("POST", "/api/books", book(isbn=isbn))
    refused = [
        create(person, key, content),
        create(person, key, book(price="nothing")),
        create(person, key, book(isbn="9780000000000")),
    ]
    person.client.ask("DELETE", taken.header("Location") or "", None, f"If-Match: {taken.header('ETag')}")

    assert [answer.status for answer in refused] == [409, 422, 422]
    assert (create(person, key, content).status, rows(server, content["title"])) == (201, 1)


@pytest.mark.parametrize(("age", "is_remembered"), [("-1439 minutes", True), ("-1441 minutes", False)])
def test_keys_are_kept_for_a_day(server: Server, person: Person, age: str, is_remembered: bool) -> None:
    """A key is remembered for 24 hours from its first request, and free then."""
    key, content = unused_name("key"), book()
    first = create(person, key, content)
    moved = "UPDATE kept_answers SET created_at = strftime('%Y-%m-%d %H:%M:%f', 'now', ?) WHERE key = ?"
    server.execute(moved, age, key)
    again = create(person, key, content)

    assert (again.json()["id"] == first.json()["id"]) is is_remembered
    assert rows(server, content["title"]) == (1 if is_remembered else 2)


@contextmanager
def no_writer_gets_on(server: Server) -> Iterator[None]:
    """Hold the database's one place for writers, so that a request stays in its handler."""
    with closing(sqlite3.connect(server.database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


def test_key_in_flight_is_a_conflict(server: Server, client: Client, person: Person) -> None:
    """While the first request is answered a second one is told so at once; other keys and people wait their turn."""
    other, key, content = new_person(client), unused_name("key"), book()
    with ThreadPoolExecutor(3) as pool:
        with no_writer_gets_on(server):
            first = pool.submit(create, person, key, content)
            while not first.running():
                pass
            threading.Event().wait(0.4)
            same = create(person, key, content)
            others = [pool.submit(create, other, key, content), pool.submit(create, person, f"{key}-b", content)]
            threading.Event().wait(0.2)
            assert not any(each.done() for each in (first, *others))
        answers = [each.result(10) for each in (first, *others)]

    assert (same.status, same.code) == (409, "idempotency_key_in_flight")
    assert [answer.status for answer in answers] == [201] * 3
    assert create(person, key, content).body == answers[0].body
    assert rows(server, content["title"]) == 3


def test_many_at_once_add_one_book(server: Server, person: Person) -> None:
    """Of 32 requests at once with one key all that succeed are one answer, the rest conflict, and one row is there."""
    key, content, start = unused_name("key"), book(), threading.Barrier(MANY)

    def call(_number: int) -> Answer:
        start.wait(10)
        return create(person, key, content)

    with ThreadPoolExecutor(MANY) as pool:
        answers = list(pool.map(call, range(MANY)))

    assert set(Counter(answer.status for answer in answers)) <= {201, 409}
    assert len({answer.body for answer in answers if answer.status == 201}) == 1
    assert sum(answer.status == 201 and not answer.header("Idempotent-Replayed") for answer in answers) == 1
    assert rows(server, content["title"]) == 1


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "schlüssel", "tab\tkey"])
def test_key_that_is_none_is_refused(person: Person, key: str) -> None:
    """A key that is empty, too long or not visible ASCII is a bad parameter."""
    assert create(person, key, book()).status == 400
