"""Why a user's books are remembered by a function of ours: what Flask-Caching's memoize and delete_memoized do instead."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask_caching import Cache

from impl.backends.cache import AnswerCache, Key, PlainData
from impl.backends.generations import new_name
from impl.settings import Settings

from ..redis_process import RedisProcess, running_redis

Rows = dict[int, str]
ALICE, BOB = 1, 2


@pytest.fixture(name="app")
def _app() -> Iterator[Flask]:
    app = Flask("library")
    with app.app_context():
        yield app


@pytest.fixture(scope="module", name="redis")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    with running_redis(tmp_path_factory.mktemp("redis")) as process:
        yield process


def overtaken_read(app: Flask, delete: Callable[[Cache, Any], None]) -> tuple[str, bool]:
    """
    Have a write, with its deletion, overtake the read of one owner's books.

    Return what is shown afterwards, and whether another owner's books were still remembered.
    """
    cache = Cache(app, config={"CACHE_TYPE": "SimpleCache"})
    rows: Rows = {ALICE: "old", BOB: "old"}
    asked: list[int] = []

    @cache.memoize(300)
    def books_of(owner_id: int) -> str:
        asked.append(owner_id)
        found = rows[owner_id]
        if asked == [BOB, ALICE]:
            rows[ALICE] = "new"
            delete(cache, books_of)
        return found

    books_of(BOB)
    books_of(ALICE)
    shown = books_of(ALICE)
    before = asked.count(BOB)
    books_of(BOB)
    return shown, asked.count(BOB) == before


def test_deleting_one_owner_s_books_leaves_a_stale_answer(app: Flask) -> None:
    """A reader who was overtaken keeps the old books under the very key that the writer has just deleted."""
    assert overtaken_read(app, lambda cache, function: cache.delete_memoized(function, ALICE)) == ("old", True)


def test_deleting_all_of_a_function_forgets_every_owner(app: Flask) -> None:
    """Without arguments the version of the function changes: that is coherent, and leaves nobody's books remembered."""
    assert overtaken_read(app, lambda cache, function: cache.delete_memoized(function)) == ("new", False)


def commands(redis: RedisProcess, call: Callable[[], object]) -> int:
    """Return how many commands a call sends."""
    with redis.client() as client:
        client.config_resetstat()
        call()
        calls = {name: each["calls"] for name, each in client.info("commandstats").items()}
    return sum(number for name, number in calls.items() if name not in ("cmdstat_info", "cmdstat_config|resetstat"))


def test_memoize_with_a_generation_asks_redis_more_often(app: Flask, settings: Settings, redis: RedisProcess) -> None:
    """With the generation as an argument the library's memoize is coherent, and asks twice as often or more."""
    config = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": redis.url, "CACHE_SERIALIZER": PlainData}
    theirs = Cache(app, config=config)
    name = new_name()
    ours = AnswerCache(Flask("ours"), replace(settings, redis_url=redis.url), lambda slots: [name] * len(slots))

    @theirs.memoize(300)
    def books_of(generation: str, owner_id: int) -> str:
        return f"books of {owner_id}"

    def by_library() -> str:
        return books_of(ours.generation([f"owner:{ALICE}"]), ALICE)

    def by_ours() -> str:
        return ours.memoize(lambda owner_id: f"books of {owner_id}", [f"owner:{ALICE}"])(ALICE)

    with redis.client() as client:
        client.flushall()
    # Connected first: what a connection says of itself counts as commands.
    theirs.get("connect")
    ours.get(Key("connect", name))
    miss = commands(redis, by_library), commands(redis, by_ours)
    hit = commands(redis, by_library), commands(redis, by_ours)

    assert miss[1] == 2
    assert miss[0] >= 2 * miss[1]
    assert hit == (2, 1)
