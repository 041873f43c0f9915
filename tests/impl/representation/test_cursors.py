"""Cursors: signed, bound to their walk, and complete whatever is written on the way."""

import random
from typing import Any
from urllib.parse import quote

import pytest

from impl.problems import InvalidCursor
from impl.representation.cursors import Cursors

from ..people import Json, Person, add_book, unused_name
from ..wire import Answer, Client

SECRET, OTHER = "first secret " * 4, "second secret " * 4
WALK = "list_books_feed None None"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."


def is_refused(cursors: Cursors, walk: str, cursor: str) -> bool:
    """Tell whether a cursor is refused as no cursor of a walk."""
    try:
        cursors.read(walk, cursor)
    except InvalidCursor:
        return True
    return False


@pytest.mark.parametrize("last_id", [0, 1, 7, 2**31 - 1, 2**63 - 1])
def test_cursor_returns_what_was_written(last_id: int) -> None:
    """A cursor leads back to its item, in the alphabet and length that the contract names."""
    cursor = Cursors(SECRET, None).write(WALK, last_id)

    assert Cursors(SECRET, None).read(WALK, cursor) == last_id
    assert len(cursor) <= 200
    assert set(cursor) <= set(ALPHABET)


def test_every_changed_character_is_seen() -> None:
    """No cursor with one other character is a cursor, but for the bits of the last one that carry nothing."""
    cursors = Cursors(SECRET, None)
    cursor = cursors.write(WALK, 123_456)
    changed = [cursor[:at] + each + cursor[at + 1 :] for at in range(len(cursor) - 1) for each in ALPHABET]

    assert all(is_refused(cursors, WALK, each) for each in changed if each != cursor)
    assert all(is_refused(cursors, WALK, cursor[:length]) for length in range(len(cursor)))
    assert is_refused(cursors, WALK, cursor + "A")


def test_random_texts_are_refused() -> None:
    """What nobody signed is refused, whatever it looks like."""
    choice, cursors = random.Random(7), Cursors(SECRET, None)
    texts = ["".join(choice.choices(ALPHABET, k=choice.randint(1, 200))) for _ in range(300)]

    assert all(is_refused(cursors, WALK, text) for text in [*texts, "5", "-1", "..", ".", "MQ", "eyJpZCI6MX0.x.y"])


def test_secrets_can_be_changed() -> None:
    """A cursor of the previous secret is read, one of another is not; new ones are of the new secret."""
    old, between, after = Cursors(SECRET, None), Cursors(OTHER, SECRET), Cursors(OTHER, None)

    assert between.read(WALK, old.write(WALK, 9)) == 9
    assert is_refused(after, WALK, old.write(WALK, 9))
    assert after.read(WALK, between.write(WALK, 9)) == 9


def feed(client: Client, **query: Any) -> Answer:
    """Ask for a stretch of the feed."""
    pairs = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
    return client.ask("GET", f"/api/books/feed?{pairs}")


def shelf(person: Person, books: int, **fields: Any) -> tuple[str, list[Json]]:
    """Add some books of an author of their own; return them newest first."""
    author = unused_name("author")
    return author, [add_book(person.client, author=author, **fields).json() for _ in range(books)][::-1]


def test_walk_meets_every_book_once(client: Client, person: Person) -> None:
    """A walk meets all books, newest first, while `limit` changes on the way."""
    author, added = shelf(person, 9)
    met: list[Json] = []
    sizes, query = [2, 1, 3, 100], {"author": author}
    for size in sizes:
        stretch = feed(client, **query, limit=size).json()
        met += stretch["items"]
        assert stretch["has_more"] is (stretch["next_cursor"] is not None)
        query["cursor"] = stretch["next_cursor"]

    assert met == added
    assert query["cursor"] is None


def test_exact_last_stretch_ends_the_walk(client: Client, person: Person) -> None:
    """A stretch that holds the last book says that there is no more."""
    author, added = shelf(person, 4)
    first = feed(client, author=author, limit=2).json()
    last = feed(client, author=author, limit=2, cursor=first["next_cursor"]).json()

    assert (last["items"], last["has_more"], last["next_cursor"]) == (added[2:], False, None)
    assert feed(client, author=unused_name("nobody")).json() == {"items": [], "has_more": False, "next_cursor": None}


def test_cursor_belongs_to_its_filters(client: Client, person: Person) -> None:
    """With other filters, or none, a cursor is refused."""
    author, _ = shelf(person, 3, genre="science")
    cursor = feed(client, author=author, limit=1).json()["next_cursor"]
    foreign: list[Json] = [
        {},
        {"author": "somebody else"},
        {"author": author, "genre": "science"},
        {"genre": "science"},
    ]
    answers = [feed(client, cursor=cursor, **filters) for filters in foreign]

    assert [(answer.status, answer.code) for answer in answers] == [(400, "invalid_cursor")] * 4
    assert {answer.json()["errors"][0]["pointer"] for answer in answers} == {"/query/cursor"}


def test_author_named_like_nothing_is_a_filter(client: Client, person: Person) -> None:
    """A cursor without filters is not one for books of an author whose name reads like an absent filter."""
    shelf(person, 2)
    cursor = feed(client, limit=1).json()["next_cursor"]

    assert [feed(client, cursor=cursor, author=name).code for name in ("None", "null")] == ["invalid_cursor"] * 2


def test_tampered_cursor_is_refused(client: Client, person: Person) -> None:
    """A cursor that was changed on the way is 400, and so is one that never was."""
    shelf(person, 2)
    cursor = feed(client, limit=1).json()["next_cursor"]
    answers = [feed(client, cursor=text) for text in (cursor[::-1], cursor[:-3], f"x{cursor}", "1", "0", "-1", "abc")]

    assert [(answer.status, answer.code) for answer in answers] == [(400, "invalid_cursor")] * 7


def test_cursor_is_good_for_everyone(client: Client, person: Person) -> None:
    """Books are public: who got a cursor does not matter."""
    author, added = shelf(person, 2)
    cursor = feed(person.client, author=author, limit=1).json()["next_cursor"]

    assert feed(client, author=author, cursor=cursor).json()["items"] == added[1:]


def test_writes_on_the_way_hide_no_book(client: Client, person: Person) -> None:
    """Inserts, and deletions before, at and behind the anchor, leave every other book to be met once."""
    author, added = shelf(person, 10)
    first = feed(client, author=author, limit=4).json()
    gone = [added[1], added[3], added[6], added[9]]
    for each in gone:
        target = f"/api/books/{each['id']}"
        tag = client.ask("GET", target).header("ETag")
        assert person.client.ask("DELETE", target, None, f"If-Match: {tag}").status == 204
    add_book(person.client, author=author)
    met, cursor = list(first["items"]), first["next_cursor"]
    while cursor:
        stretch = feed(client, author=author, limit=2, cursor=cursor).json()
        met, cursor = met + stretch["items"], stretch["next_cursor"]

    assert [each["id"] for each in met] == [each["id"] for each in added if each not in (added[6], added[9])]
