"""After a 2xx write every later read by anyone shows it, whatever was kept before."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from impl.app import create_flask
from impl.backends.store import db
from impl.books import service as books
from impl.books.idempotency import KeysInFlight
from impl.contract.authorization import Caller
from impl.representation.pagination import Here
from impl.settings import Settings
from impl.users import handlers as users
from impl.users.service import add_user, find_user

from ..people import PASSWORD, Json, Person, add_book, new_admin, new_person, unused_name
from ..reference_server import Server
from ..wire import Client

Surfaces = dict[str, Any]
SURFACES = ("book", "list", "sorted", "feed", "search", "owner", "popular")


@pytest.fixture(name="person")
def _person(client: Client) -> Person:
    """An owner of few books: what is added stands on the first page of theirs."""
    return new_person(client)


def seen(client: Client, book: Json) -> Surfaces:
    """Return what each read surface shows of a book; None where it is not."""

    def among(target: str) -> Json | None:
        items = client.ask("GET", target).json().get("items", [])
        found = [each.get("book", each) for each in items]
        return next((each for each in found if each["id"] == book["id"]), None)

    one = client.ask("GET", f"/api/books/{book['id']}")
    return {
        "book": one.json() if one.status == 200 else None,
        "list": among(f"/api/books?author={book['author']}"),
        "sorted": among(f"/api/books?author={book['author']}&sort=-price&per_page=100"),
        "feed": among(f"/api/books/feed?author={book['author']}"),
        "search": among(f"/api/books/search?q={book['author']}"),
        "owner": among(f"/api/users/{book['owner_id']}/books?per_page=100"),
        "popular": among("/api/books/popular"),
    }


def counts(client: Client, genre: str) -> tuple[int, int]:
    """Return how many books there are, in all and of a genre."""
    told = client.ask("GET", "/api/books/statistics").json()
    return told["total_books"], sum(each["books"] for each in told["genres"] if each["genre"] == genre)


def change(person: Person, method: str, book: Json, content: Json | None = None) -> int:
    """Write a book with the tag that it has now."""
    target = f"/api/books/{book['id']}"
    tag = person.client.ask("GET", target).header("ETag")
    return person.client.ask(method, target, content, f"If-Match: {tag}").status


def close(person: Person, by: Person) -> int:
    """Delete an account with its books, by itself or by an admin."""
    target = "/api/users/me" if by is person else f"/api/users/{person.user['id']}"
    tag = by.client.ask("GET", target).header("ETag")
    return by.client.ask("DELETE", target, None, f"If-Match: {tag}").status


@pytest.fixture(scope="module", name="admin")
def _admin(server: Server) -> Person:
    return new_admin(server, Client(server.port))


WRITES: dict[str, Callable[[Person, Person, Json], int]] = {
    "replace": lambda owner, _, book: change(
        owner, "PUT", book, {"title": "New", "author": book["author"], "price": "1.00"}
    ),
    "update": lambda owner, _, book: change(owner, "PATCH", book, {"price": "2.00", "genre": "history"}),
    "update by an admin": lambda _, admin, book: change(admin, "PATCH", book, {"title": "Mended"}),
    "delete": lambda owner, _, book: change(owner, "DELETE", book),
    "delete by an admin": lambda _, admin, book: change(admin, "DELETE", book),
    "close the account": lambda owner, _, __: close(owner, owner),
    "delete the account": lambda owner, admin, _: close(owner, admin),
}


@pytest.mark.parametrize("name", WRITES)
def test_every_surface_shows_every_write_to_everyone(server: Server, client: Client, admin: Person, name: str) -> None:
    """Book, lists, feed, search, an owner's books, popular and statistics: all show the write, to all."""
    owner, other = new_person(client), new_person(client)
    author = unused_name("author")
    book = add_book(owner.client, author=author, genre="science").json()
    server.execute("UPDATE books SET views = 1000000 WHERE id = ?", book["id"])
    admin.client.ask("POST", "/api/admin/cache/clear")
    # An account that is gone reads no more.
    readers = [client, other.client, admin.client, *([] if "account" in name else [owner.client])]
    for reader in readers * 2:
        assert seen(reader, book) == dict.fromkeys(SURFACES, book)
    before = counts(client, "science")

    assert WRITES[name](owner, admin, book) in (200, 204)
    after = client.ask("GET", f"/api/books/{book['id']}?nocache=true")
    expected = after.json() if after.status == 200 else None

    assert expected != book
    for reader in [*readers, *readers]:
        assert seen(reader, book) == dict.fromkeys(SURFACES, expected)
    left = counts(client, "science")
    assert before[0] - left[0] == (expected is None)
    assert before[1] - left[1] == (not expected or expected["genre"] != "science")


def test_new_book_is_on_every_surface(client: Client, person: Person) -> None:
    """What was read as absent is there for everyone as soon as it is added."""
    author = unused_name("author")
    first = add_book(person.client, author=author).json()
    readers = [client, person.client, new_person(client).client]
    awaited = first | {"id": first["id"] + 1}
    for reader in readers * 2:
        assert set(seen(reader, awaited).values()) == {None}
    before = counts(client, "history")
    book = add_book(person.client, author=author, genre="history").json()

    assert book["id"] == awaited["id"]
    for reader in readers:
        shown = seen(reader, book)
        # Ten books are popular: whether this one is among them hangs on the views of others, which are written meanwhile.
        assert {name: each for name, each in shown.items() if name != "popular"} == dict.fromkeys(
            set(SURFACES) - {"popular"}, book
        )
        assert shown["popular"] in (None, book)
    assert counts(client, "history") == (before[0] + 1, before[1] + 1)


def test_no_reader_is_ever_behind_an_acknowledged_write(client: Client, person: Person) -> None:
    """While one writes and six read, no read that begins after a 2xx shows less than that write."""
    book = add_book(person.client, author=unused_name("author"), price="0.00").json()
    acknowledged, done = [0], threading.Event()

    def read(target: str) -> list[tuple[int, int]]:
        behind = []
        while not done.is_set():
            least, answer = acknowledged[0], client.ask("GET", target).json()
            price = int(float((answer["items"][0] if "items" in answer else answer)["price"]))
            if price < least:
                behind.append((price, least))
        return behind

    def write() -> None:
        for number in range(1, 41):
            if change(person, "PATCH", book, {"price": f"{number}.00"}) == 200:
                acknowledged[0] = number
        done.set()

    paths = ("books/{id}", "books?author={author}", "books?author={author}&sort=price", "books/feed?author={author}")
    targets = [f"/api/{path.format(**book)}" for path in (*paths, "books/search?q={author}", "books/{id}")]
    with ThreadPoolExecutor(7) as pool:
        reading = [pool.submit(read, each) for each in targets]
        pool.submit(write).result(60)

    assert acknowledged == [40]
    assert [each.result(10) for each in reading] == [[]] * 6


def test_many_misses_at_once_ask_the_store_once(client: Client, person: Person) -> None:
    """Of 64 readers at once of what is not kept one asks the store, and all get its answer."""
    add_book(person.client, author=(author := unused_name("author")))
    start = threading.Barrier(64)

    def read(_number: int) -> tuple[str | None, bytes]:
        start.wait(10)
        answer = client.ask("GET", f"/api/books?author={author}&per_page=50")
        return answer.header("Cache-Status"), answer.body

    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(read, range(64)))

    assert len({body for _, body in answers}) == 1
    assert [status for status, _ in answers].count("bookplate; fwd=uri-miss") == 1


def test_writer_between_two_reads_of_one_request_leaves_nothing_stale(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that was read before a write is not remembered as one that was read after it."""
    flask = create_flask(settings)
    services, here = flask.extensions["bookplate"], Here("/api/users/1/books", "/api", {})
    with flask.app_context():
        owner = add_user(services.store, {"email": "a@a.example", "username": "a-1", "password": PASSWORD})

    def write() -> None:
        with flask.app_context():
            caller = Caller(owner["id"], 1, "user", "free")
            books.add_book(
                services.store, caller, {"title": "Dune", "author": "Frank", "price": "1.00"}, None, KeysInFlight()
            )

    def find_and_be_overtaken(user_id: int) -> Any:
        user = find_user(user_id)
        monkeypatch.undo()
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(10)
        return user

    def titles() -> list[str]:
        with flask.app_context():
            listed = users.list_user_books(owner["id"], 1, 20, here, services.cache)
            return [each["title"] for each in listed["items"]]

    monkeypatch.setattr("impl.users.handlers.service.find_user", find_and_be_overtaken)
    overtaken, later = titles(), titles()
    with flask.app_context():
        db.engine.dispose()

    assert overtaken in ([], ["Dune"])
    assert later == ["Dune"]


def test_clearing_the_cache_makes_reads_fresh_and_ends_nothing(limited: Server, stranger: Callable[[], Client]) -> None:
    """After a clearing the next read comes from the store; counters, sessions and ended sessions stay as they are."""
    reader, admin = stranger(), new_admin(limited, stranger())
    person, gone = new_person(stranger()), new_person(stranger())
    gone.client.ask("POST", "/api/auth/logout")
    before = [reader.ask("GET", "/api/books?per_page=3") for _ in range(2)][-1]
    answer = admin.client.ask("POST", "/api/admin/cache/clear")
    after = reader.ask("GET", "/api/books?per_page=3")

    assert (answer.status, answer.body) == (204, b"")
    assert [each.header("Cache-Status") for each in (before, after)] == ["bookplate; hit", "bookplate; fwd=uri-miss"]
    assert after.remaining("lists") == before.remaining("lists") - 1
    assert (person.me().status, admin.me().status, gone.me().code) == (200, 200, "invalid_token")
    assert replace(reader, token="x").ask("POST", "/api/admin/cache/clear").status == 401
