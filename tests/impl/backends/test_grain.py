"""What a write forgets: what it touches, whole, and nothing beside it."""

from collections.abc import Collection
from types import SimpleNamespace

import pytest

from impl.app import create_flask
from impl.backends.generations import (
    ANYTHING,
    EVERYTHING,
    SECONDS_IN_DOUBT,
    SLOTS,
    OwnGenerations,
    slots_to_advance,
    slots_to_read,
)
from impl.backends.store import db
from impl.books.service import add_book as add_book_once
from impl.contract.authorization import Caller
from impl.contract.contract import Contract, ContractError
from impl.handler_marks import marks_of, shows
from impl.handlers import _check_names
from impl.problems import OutcomeUnknown
from impl.settings import Settings
from impl.users.service import add_user

from ..people import PASSWORD, Json, Person, add_book, new_admin, new_person, unused_name
from ..reference_server import Server
from ..wire import Client

HIT, MISS = "bookplate; hit", "bookplate; fwd=uri-miss"


def status(client: Client, target: str) -> str | None:
    """Read once, and return what the answer says of the cache."""
    return client.ask("GET", target).header("Cache-Status")


def kept(client: Client, *targets: str) -> None:
    """Read until an answer is kept."""
    for target in targets:
        client.ask("GET", target)
        assert status(client, target) == HIT


def change(person: Person, book: Json, **content: str) -> Json:
    """Change a book, and return it."""
    target = f"/api/books/{book['id']}"
    tag = person.client.ask("GET", f"{target}?nocache=true").header("ETag")
    answer = person.client.ask("PATCH", target, content, f"If-Match: {tag}")
    assert answer.status == 200, answer
    changed: Json = answer.json()
    return changed


@pytest.fixture(name="owner")
def _owner(client: Client) -> Person:
    return new_person(client)


def test_write_to_a_book_leaves_other_books_kept(client: Client, owner: Person) -> None:
    """Of thirty books one is changed: its own kept answer is gone, and of the others at most one shares its slot."""
    books = [add_book(owner.client).json() for _ in range(30)]
    targets = [f"/api/books/{book['id']}" for book in books]
    kept(client, *targets)
    changed = change(owner, books[0], price="5.55")

    assert client.ask("GET", targets[0]).json() == changed
    assert [status(client, target) for target in targets[1:]].count(HIT) >= 28


def test_new_and_deleted_books_leave_other_books_kept(client: Client, owner: Person) -> None:
    """Adding and deleting books renews lists, and leaves a book as it is kept."""
    target, listed = f"/api/books/{add_book(owner.client).json()['id']}", "/api/books?per_page=1"
    kept(client, target, listed)
    added = add_book(new_person(client).client)

    assert (status(client, target), status(client, listed)) == (HIT, MISS)
    owner_of_added = added.json()["owner_id"]
    assert owner_of_added != owner.user["id"]


@pytest.mark.parametrize("write", ["register", "log in", "log out", "refresh", "change a user", "change a name"])
def test_writes_that_no_answer_shows_forget_nothing(server: Server, client: Client, owner: Person, write: str) -> None:
    """Accounts, sessions and tokens stand in no kept answer: writing them leaves books and lists kept."""
    person, admin = new_person(client), new_admin(server, client)
    book = f"/api/books/{add_book(owner.client).json()['id']}"
    listed = f"/api/books?author={unused_name('author')}"
    kept(client, book, listed)
    tag = f"If-Match: {person.me().header('ETag')}"
    target = f"/api/users/{person.user['id']}"
    answer = {
        "register": lambda: new_person(client).me(),
        "log in": lambda: person.again().me(),
        "log out": lambda: person.client.ask("POST", "/api/auth/logout"),
        "refresh": lambda: client.ask("POST", "/api/auth/refresh", {"refresh_token": person.tokens["refresh_token"]}),
        "change a user": lambda: admin.client.ask("PATCH", target, {"tier": "premium", "role": "admin"}, tag),
        "change a name": lambda: person.client.ask("PATCH", "/api/users/me", {"username": unused_name()}, tag),
    }[write]()

    assert answer.status in (200, 204)
    assert [status(client, each) for each in (book, listed)] == [HIT, HIT]


def test_tier_is_seen_at_once(server: Server, client: Client) -> None:
    """The request after a change of tier has the new quota, also where the old tier was remembered."""
    person, admin = new_person(client), new_admin(server, client)
    statistics = "/api/books/statistics"
    before = [person.client.ask("GET", statistics).header("RateLimit-Policy") for _ in range(2)]
    tag = f"If-Match: {person.me().header('ETag')}"
    admin.client.ask("PATCH", f"/api/users/{person.user['id']}", {"tier": "premium"}, tag)
    after = person.client.ask("GET", statistics).header("RateLimit-Policy")

    assert before[0] == before[1] != after


def test_books_of_a_deleted_user_vanish_everywhere(client: Client, owner: Person) -> None:
    """With a user go the user's books: each kept answer of theirs, the lists, and the owner's own list."""
    author = unused_name("author")
    books = [add_book(owner.client, author=author).json() for _ in range(5)]
    other = f"/api/books/{add_book(new_person(client).client).json()['id']}"
    targets = [f"/api/books/{book['id']}" for book in books]
    lists = [
        f"/api/books?author={author}",
        f"/api/books/feed?author={author}",
        f"/api/books/search?q={author}",
    ]
    kept(client, other, *targets, *lists)
    theirs = f"/api/users/{owner.user['id']}/books"
    assert len(client.ask("GET", theirs).json()["items"]) == 5
    tag = f"If-Match: {owner.me().header('ETag')}"

    assert owner.client.ask("DELETE", "/api/users/me", None, tag).status == 204
    assert [client.ask("GET", target).status for target in [*targets, theirs]] == [404] * 6
    assert [client.ask("GET", target).json()["items"] for target in lists] == [[]] * 3


def test_books_of_an_owner_stay_kept_for_clients(client: Client, owner: Person) -> None:
    """The list of an owner's books is a hit after another's write, shows their own, and is gone with the owner."""
    first, target = add_book(owner.client).json(), f"/api/users/{owner.user['id']}/books"
    kept(client, target)
    add_book(new_person(client).client)
    untouched = status(client, target)
    second = add_book(owner.client).json()
    shown = client.ask("GET", target)
    kept(client, target)
    tag = f"If-Match: {owner.me().header('ETag')}"

    assert untouched == HIT
    assert (shown.header("Cache-Status"), shown.json()["items"]) == (MISS, [first, second])
    assert owner.client.ask("DELETE", "/api/users/me", None, tag).status == 204
    assert client.ask("GET", target).status == 404


def test_list_of_an_owner_without_books_is_gone_with_the_owner(client: Client, owner: Person) -> None:
    """Also an empty list is no more when its owner is deleted."""
    target = f"/api/users/{owner.user['id']}/books"
    kept(client, target)
    tag = f"If-Match: {owner.me().header('ETag')}"

    assert owner.client.ask("DELETE", "/api/users/me", None, tag).status == 204
    assert client.ask("GET", target).status == 404


def test_books_of_an_owner_survive_a_write_of_another(settings: Settings) -> None:
    """What is remembered of one owner's books is asked for anew after a write of that owner, and of nobody else."""
    cache = create_flask(settings).extensions["bookplate"].cache
    asked: list[int] = []

    def books_of(owner_id: int) -> list[int]:
        asked.append(owner_id)
        return [len(asked)]

    def read(owner_id: int) -> list[int]:
        found: list[int] = cache.memoize(books_of, [f"owner:{owner_id}"])(owner_id)
        return found

    first = [read(1), read(2)]
    cache.advance(["books", "owner:2", "book:9"])

    assert [read(1), read(2), read(1), read(2)] == [first[0], [3], first[0], [3]]
    assert asked == [1, 2, 2]


def advanced(names: Collection[str], written: Collection[str]) -> bool:
    """Tell whether a write begins a new generation of what an answer depends on."""
    generations = OwnGenerations()
    before = generations.stamp(names)
    generations.advance(written)
    return generations.stamp(names) != before


@pytest.mark.parametrize(
    ("names", "written", "is_advanced"),
    [
        (["books"], ["books"], True),
        (["book:1"], ["books", "book:1"], True),
        (["book:1"], ["books", "book:2"], False),
        (["books"], ["user:1"], False),
        ([ANYTHING], ["user:1"], True),
        ([ANYTHING], ["books", "book:1"], True),
        ([ANYTHING], [], False),
        (["book:1"], [], False),
        (["books"], [EVERYTHING], True),
        (["book:1"], [EVERYTHING], True),
        ([ANYTHING], [EVERYTHING], True),
        ([], [EVERYTHING], True),
        (["book:1"], [EVERYTHING, "book:2"], True),
    ],
)
def test_what_a_write_begins_anew(names: list[str], written: list[str], is_advanced: bool) -> None:
    """A write advances what depends on a name that it touches; naming nothing stands for everything on either side."""
    assert {advanced(names, written) for _ in range(50)} == {is_advanced}


def test_slots_are_few_and_in_order() -> None:
    """Whatever is named, slots are within the table, and writers lock them in ascending order."""
    names = ["books", *(f"book:{number}" for number in range(20_000))]
    read, advancing = slots_to_read(names), slots_to_advance(names)

    assert read == sorted(set(read))
    assert advancing == sorted(set(advancing))
    assert (min(read), max(read) < SLOTS) == (0, True)
    # Objects are spread over nearly all of them.
    assert len(read) > 0.95 * (SLOTS - 20)


def test_write_that_says_nothing_forgets_everything(settings: Settings) -> None:
    """A transaction that is opened without a word on what it touches leaves nothing kept."""
    flask = create_flask(settings)
    cache = flask.extensions["bookplate"].cache
    before = [cache.generation(names) for names in (["books"], ["book:1"], [ANYTHING])]
    with flask.app_context():
        with flask.extensions["bookplate"].store.writing():
            pass
        db.engine.dispose()

    assert not set(before) & {cache.generation(names) for names in (["books"], ["book:1"], [ANYTHING])}


def test_failed_write_forgets_nothing(settings: Settings) -> None:
    """A transaction that is rolled back begins no generation."""
    flask = create_flask(settings)
    cache = flask.extensions["bookplate"].cache
    before = cache.generation()
    with flask.app_context():
        with pytest.raises(ZeroDivisionError), flask.extensions["bookplate"].store.writing():
            raise ZeroDivisionError
        db.engine.dispose()

    assert cache.generation() == before


def test_handler_says_what_it_shows(contract: Contract) -> None:
    """What a handler says is known; one that says nothing shows anything, and an unknown argument stops the start."""

    @shows("shelf:{book_id}")
    def get_book(book_id: int) -> None: ...

    @shows("shelf:{shelf_id}")
    def mistaken(book_id: int) -> None: ...

    operation = contract.operations["get_book"]

    assert (marks_of(get_book).shows, marks_of(lambda: SimpleNamespace()).shows) == (("shelf:{book_id}",), ())
    _check_names(operation, get_book)
    with pytest.raises(ContractError, match="shelf_id"):
        _check_names(operation, mistaken)


def test_write_of_unknown_outcome_keeps_nothing_for_a_while(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be applied later: for minutes nothing that shows what it touches is found again, and the rest is."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("impl.backends.generations.time", SimpleNamespace(monotonic=lambda: clock.now))
    flask = create_flask(settings)
    cache = flask.extensions["bookplate"].cache
    before = [cache.generation([name]) for name in ("books", "book:1", "book:2")]
    with flask.app_context():
        with pytest.raises(OutcomeUnknown), flask.extensions["bookplate"].store.writing({"books", "book:1"}):
            raise OutcomeUnknown
        db.engine.dispose()

    def generations(name: str) -> set[str]:
        return {cache.generation([name]) for _ in range(3)}

    assert [len(generations(name)) for name in ("books", "book:1", "book:2")] == [3, 3, 1]
    clock.now += SECONDS_IN_DOUBT - 1
    assert len(generations("books")) == 3
    clock.now += 2
    assert [len(generations(name)) for name in ("books", "book:1", "book:2")] == [1, 1, 1]
    assert not {*before[:2]} & (generations("books") | generations("book:1"))


def test_replayed_answer_touches_what_it_shows(settings: Settings) -> None:
    """After the 201 of a replay no list is found that was kept without its book."""
    flask = create_flask(settings)
    services = flask.extensions["bookplate"]
    content = {"title": "Dune", "author": "Frank", "price": "1.00"}
    with flask.app_context():
        owner = add_user(services.store, {"email": "a@a.example", "username": "a-1", "password": PASSWORD})
        caller = Caller(owner["id"], 1, "user", "free")
        added = [add_book_once(services.store, caller, content, "key-1", services.keys_in_flight)]
        before = [services.cache.generation([name]) for name in ("books", f"owner:{owner['id']}")]
        added.append(add_book_once(services.store, caller, content, "key-1", services.keys_in_flight))
        after = [services.cache.generation([name]) for name in ("books", f"owner:{owner['id']}")]
        db.engine.dispose()

    assert [is_replay for _, is_replay in added] == [False, True]
    assert not set(before) & set(after)
