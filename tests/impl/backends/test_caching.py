"""The server's own cache: nothing that a write has changed is ever found again."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask

from impl.backends.cache import AnswerCache, Key
from impl.settings import Settings

from ..people import Person, add_book, unused_name
from ..wire import Answer, Client


@pytest.fixture(name="cache")
def _cache(settings: Settings) -> AnswerCache:
    return AnswerCache(Flask("cache"), settings, lambda slots: ["shared"] * len(slots))


def present_key(cache: AnswerCache, name: str) -> Key:
    """Return the key of a reader who asks now."""
    return Key(name, cache.generation())


def keep(cache: AnswerCache, name: str) -> Key:
    """Keep an answer of the present generation and return its key."""
    key = present_key(cache, name)
    cache.set(key, {"body": name}, 60)
    return key


def test_generation_stays_until_a_write(cache: AnswerCache) -> None:
    """Reads agree on one generation, and a write begins another."""
    first = cache.generation()

    assert cache.generation() == first
    cache.advance()
    assert cache.generation() != first


def test_write_makes_every_kept_answer_unfindable(cache: AnswerCache) -> None:
    """After a write no key of a reader leads to what was kept before."""
    names = [f"answer {number}" for number in range(100)]
    keys = [keep(cache, name) for name in names]
    assert all(cache.get(key) for key in keys)

    cache.advance()

    assert not any(cache.get(present_key(cache, name)) for name in names)


def test_nothing_is_found_when_its_time_is_over_by_the_clock_of_who_asks(
    cache: AnswerCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A back end such as Redis has a clock of its own, which may be slow."""
    key = keep(cache, "counts")
    began = time.time()
    assert cache.get(key)

    monkeypatch.setattr(time, "time", lambda: began + 61)

    assert cache.get(key) is None


def test_slow_reader_keeps_what_nobody_finds(cache: AnswerCache) -> None:
    """What was read before a write and is kept after it is never found, also in the place of what was read later."""
    key = present_key(cache, "list")
    cache.advance()
    keep(cache, "list")
    cache.set(key, {"body": "stale"}, 60)

    assert cache.get(present_key(cache, "list")) is None


@pytest.mark.parametrize("rows", [0, 1])
def test_table_that_lacks_rows_keeps_nothing(settings: Settings, rows: int) -> None:
    """Where the store has no row for what an answer depends on, no write could be noted, and nothing is found again."""
    shared = replace(settings, redis_url="redis://127.0.0.1:1/0")
    cache = AnswerCache(Flask("cache"), shared, lambda slots: ["first"] * rows)

    assert cache.generation(["book:1"]) != cache.generation(["book:1"])


def test_concurrent_writers_never_meet_on_one_name(cache: AnswerCache) -> None:
    """Of 16 writers at once each begins a generation that no reader has seen before."""
    start = threading.Barrier(16)

    def advance(_number: int) -> list[str]:
        start.wait(10)
        seen = []
        for _ in range(50):
            before = cache.generation(["book:1"])
            cache.advance(["book:1"])
            seen.append(before)
        return seen

    with ThreadPoolExecutor(16) as pool:
        seen = [name for each in pool.map(advance, range(16)) for name in each]

    assert cache.generation(["book:1"]) not in seen


def test_cleared_cache_revives_nothing(cache: AnswerCache) -> None:
    """After clearing nothing that was kept is found."""
    keep(cache, "list")
    cache.advance()

    assert cache.get(present_key(cache, "list")) is None


def test_flood_of_answers_revives_nothing(cache: AnswerCache) -> None:
    """More answers than the cache holds push others out and bring no old one back."""
    old = keep(cache, "list")
    cache.advance()
    for number in range(2500):
        keep(cache, f"flood {number}")

    assert present_key(cache, "list") != old
    assert cache.get(present_key(cache, "list")) is None


def test_new_answer_takes_the_place_of_a_dead_one(cache: AnswerCache) -> None:
    """However often a book is written and read again, what is kept of it takes the room of one answer."""
    for number in range(3000):
        cache.advance(["book:1"])
        cache.set(Key("book 1", cache.generation(["book:1"])), {"body": str(number)}, 300)

    assert cache.get(Key("book 1", cache.generation(["book:1"]))) == {"body": "2999"}
    assert len(cache._store._cache) == 1


def test_full_cache_forgets_what_nobody_asks_for(cache: AnswerCache) -> None:
    """What is asked for all the time stays, however short its life; the rest goes one by one, and the size has a bound."""
    popular = present_key(cache, "popular")
    cache.set(popular, {"body": "popular"}, 60)
    for number in range(5000):
        cache.set(present_key(cache, f"page {number}"), {"body": "page"}, 300)
        assert cache.get(popular)

    assert len(cache._store._cache) == 2000
    assert cache.get(present_key(cache, "page 4999"))
    assert not cache.get(present_key(cache, "page 100"))


def status_of_cache(answer: Answer) -> str | None:
    """Return what an answer says of the cache."""
    return answer.header("Cache-Status")


def test_write_shows_at_once(client: Client, person: Person) -> None:
    """A read that came from the cache comes anew after a write, and shows it to everyone."""
    author = unused_name("author")
    target = f"/api/books?author={author}"
    client.ask("GET", target)
    hit = client.ask("GET", target)
    add_book(person.client, author=author)
    fresh = client.ask("GET", target)

    assert (status_of_cache(hit), hit.json()["items"]) == ("bookplate; hit", [])
    assert status_of_cache(fresh) == "bookplate; fwd=uri-miss"
    assert [each["author"] for each in fresh.json()["items"]] == [author]


def test_queries_are_kept_apart(client: Client, person: Person) -> None:
    """A page is never answered with another page; the order of parameters does not matter."""
    author = unused_name("author")
    for _ in range(2):
        add_book(person.client, author=author)
    one = client.ask("GET", f"/api/books?author={author}&page=1&per_page=1")
    two = client.ask("GET", f"/api/books?author={author}&page=2&per_page=1")
    same = client.ask("GET", f"/api/books?per_page=1&page=2&author={author}")

    assert one.json()["items"] != two.json()["items"]
    assert (same.body, status_of_cache(same)) == (two.body, "bookplate; hit")


def test_errors_are_not_kept(client: Client, person: Person) -> None:
    """A 404 is not kept: the book that takes the id next is seen at once."""
    book_id = add_book(person.client).json()["id"]
    before = client.ask("GET", f"/api/books/{book_id + 1}")
    added = add_book(person.client).json()["id"]

    assert (before.status, added) == (404, book_id + 1)
    assert client.ask("GET", f"/api/books/{added}").status == 200


def test_bypass_is_for_callers_with_a_token(client: Client, person: Person) -> None:
    """A signed-in caller gets an answer that no cache made; without a token the wish does nothing."""
    target = f"/api/books/{add_book(person.client).json()['id']}"
    client.ask("GET", target)

    assert status_of_cache(person.client.ask("GET", f"{target}?nocache=true")) == "bookplate; fwd=request"
    assert (
        status_of_cache(person.client.ask("GET", target, None, "Cache-Control: no-cache")) == "bookplate; fwd=request"
    )
    assert status_of_cache(client.ask("GET", f"{target}?nocache=true")) == "bookplate; hit"
    assert status_of_cache(client.ask("GET", target, None, "Cache-Control: no-cache")) == "bookplate; hit"


def test_304_has_the_fields_of_the_200(client: Client, person: Person) -> None:
    """A conditional read is answered 304, with every field of the 200 but those of the content."""
    target = f"/api/books/{add_book(person.client).json()['id']}"
    client.ask("GET", target)
    full = client.ask("GET", target)
    again = client.ask("GET", target, None, f'If-None-Match: "other", W/{full.header("ETag")}')
    names = {name.lower() for name, _ in full.fields}

    assert (again.status, again.body) == (304, b"")
    assert names - {name.lower() for name, _ in again.fields} == {"content-type", "content-length"}
    assert again.header("ETag") == full.header("ETag")
