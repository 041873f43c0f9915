"""A server that is killed while it writes has lost nothing that it acknowledged, and has written nothing by halves."""

import random
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

import pytest

from .people import Json, Person, book, new_person, sign_in, unused_name
from .reference_server import Server, read_document, relaxed, save, serving
from .wire import Answer, Client

pytestmark = pytest.mark.long

WRITERS = 3
SECRET = "kJ8s_2Lq-Zt5vXw9YbNcRfGh3PdMeA7u"
BROKEN = (OSError, HTTPException)


@dataclass
class Writer:
    """Somebody who writes without pause, and what the server told him of it."""

    person: Person
    author: str
    # The acknowledged state of each book by id; None where it is deleted.
    known: dict[int, Json | None] = field(default_factory=dict)
    tags: dict[int, str] = field(default_factory=dict)
    # The request that may or may not have been done: a new book with its key, or a change of a known one.
    open_key: tuple[str, Json] | None = None
    open_change: tuple[int, Json | None] | None = None
    acknowledged: int = 0

    def write_until_cut_off(self) -> None:
        """Add, change, replace and delete, until the server is gone."""
        choice = random.Random(self.author)
        try:
            while True:
                living = [each for each, state in self.known.items() if state]
                if len(living) < 3 or choice.random() < 0.4:
                    self._add()
                else:
                    self._change(choice.choice(living), choice.choice(["PUT", "PATCH", "PATCH", "DELETE"]))
                self.acknowledged += 1
        except BROKEN:
            return

    def _add(self) -> None:
        key, content = unused_name("kill"), book(author=self.author)
        self.open_key = key, content
        self.note(self.add_again(key, content))
        self.open_key = None

    def add_again(self, key: str, content: Json) -> Answer:
        """Send a new book with its key."""
        return self.person.client.ask("POST", "/api/books", content, f"Idempotency-Key: {key}")

    def _change(self, book_id: int, method: str) -> None:
        state = self.known[book_id] or {}
        content = {"price": f"{random.randint(1, 9999)}.00"}
        if method == "PUT":
            content = {"title": unused_name("Put"), "author": self.author} | content
        intended = None if method == "DELETE" else state | ({"isbn": None} if method == "PUT" else {}) | content
        self.open_change = book_id, intended
        body = None if method == "DELETE" else content
        answer = self.person.client.ask(method, f"/api/books/{book_id}", body, f"If-Match: {self.tags[book_id]}")
        if method == "DELETE":
            assert answer.status == 204, answer
            self.known[book_id] = None
        else:
            self.note(answer)
        self.open_change = None

    def note(self, answer: Answer) -> None:
        """Remember what was acknowledged."""
        assert answer.status in (200, 201), answer
        self.known[answer.json()["id"]] = answer.json()
        self.tags[answer.json()["id"]] = answer.header("ETag") or ""

    def check(self, found: dict[int, Json]) -> None:
        """Hold what is there after the restart against what was acknowledged, and settle what was open."""
        mine = {each: state for each, state in found.items() if state["author"] == self.author}
        if self.open_change:
            self._settle(*self.open_change, mine)
        if self.open_key:
            self._retry(*self.open_key, mine)
        self.open_change = self.open_key = None
        assert mine == {each: state for each, state in self.known.items() if state}

    def _settle(self, book_id: int, intended: Json | None, mine: dict[int, Json]) -> None:
        before, there = self.known[book_id], mine.get(book_id)
        assert same(there, before) or same(there, intended), (before, intended, there)
        self.known[book_id] = there
        if there:
            self.tags[book_id] = self.person.client.ask("GET", f"/api/books/{book_id}").header("ETag") or ""

    def _retry(self, key: str, content: Json, mine: dict[int, Json]) -> None:
        there = [each for each in mine.values() if each["title"] == content["title"]]
        answer = self.add_again(key, content)
        # Either both the book and the answer under its key were written, or neither.
        assert (answer.header("Idempotent-Replayed") is not None, len(there)) in ((True, 1), (False, 0))
        self.note(answer)
        mine[answer.json()["id"]] = answer.json()


def same(one: Json | None, other: Json | None) -> bool:
    """Tell whether two states agree but for the time of the change."""
    return (one and one | {"updated_at": ""}) == (other and other | {"updated_at": ""})


def all_books(client: Client) -> dict[int, Json]:
    """Read every book there is."""
    found: dict[int, Json] = {}
    query = ""
    while True:
        stretch = client.ask("GET", f"/api/books/feed?limit=100{query}").json()
        found |= {each["id"]: each for each in stretch["items"]}
        if not stretch["has_more"]:
            return found
        query = f"&cursor={stretch['next_cursor']}"


def write_and_kill(server: Server, writers: list[Writer], seconds: float) -> None:
    """Let everybody write, and kill the server in the middle of it."""
    threads = [threading.Thread(target=each.write_until_cut_off) for each in writers]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    server.process.kill()
    server.process.wait(10)
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def moved(writer: Writer, client: Client) -> None:
    """Have a writer talk to the server that runs now."""
    writer.person = sign_in(client, writer.person.email, writer.person.user)


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.nightly)])
def test_kill_loses_nothing_that_was_acknowledged(rounds: int, tmp_path: Path) -> None:
    """In each round every 201, 200 and 204 holds after the restart, and what was open is done or not done at all."""
    document, pauses, writers = save(relaxed(read_document()), tmp_path), random.Random(11), list[Writer]()
    for round_number in range(rounds + 1):
        # The first start makes the tables; the others need not look at them, which halves their time.
        settings = {"BOOKPLATE_ENV": "production" if round_number else "testing", "SECRET_KEY": SECRET}
        with serving(tmp_path, document, **settings, LOG_LEVEL="WARNING") as server:
            client = Client(server.port)
            if not writers:
                writers = [Writer(new_person(client), unused_name("killed")) for _ in range(WRITERS)]
            found = all_books(client)
            for writer in writers:
                moved(writer, client)
                writer.check(found)
            check_whole(server)
            if round_number < rounds:
                write_and_kill(server, writers, 0.15 + pauses.random() / 4)

    assert all(writer.acknowledged > rounds for writer in writers)


def check_whole(server: Server) -> None:
    """Look at the database itself: it is sound, and nothing refers to what is not there."""
    assert server.execute("PRAGMA integrity_check") == [("ok",)]
    assert server.execute("PRAGMA foreign_key_check") == []
