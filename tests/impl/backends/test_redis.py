"""Redis: shared by all workers, trusted with nothing, and missed by nobody while it is away."""

import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from impl.backends.cache import PREFIX

from ..commands import run_command
from ..people import Json, Person, add_book, new_admin, new_person, unused_name
from ..redis_process import RedisProcess, running_redis
from ..reference_server import DOCUMENT, PATIENCE, Server, serving_with_rest
from ..wire import Answer, Client

pytestmark = pytest.mark.long

SECRET = "kJ8s_2Lq-Zt5vXw9YbNcRfGh3PdMeA7u"
QUICK = 1.0
# Seconds for which these workers leave a Redis alone that failed.
REST = 1.0
_hosts = count(2)


@dataclass(frozen=True)
class Pair:
    """Two workers, each a process of its own, on one database and one Redis."""

    redis: RedisProcess
    servers: tuple[Server, Server]

    def client(self, worker: int = 0) -> Client:
        """Return somebody without a token, from an address nobody has used."""
        return Client(self.servers[worker].port, f"127.0.2.{next(_hosts)}")

    def wait_until_used(self) -> None:
        """Wait until both workers use Redis again."""
        deadline = time.monotonic() + PATIENCE
        while not all(is_used_by(each) for each in self.servers):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def is_used_by(server: Server) -> bool:
    """Tell whether a server uses its Redis."""
    return bool(Client(server.port).ask("GET", "/api/health").json()["status"] == "ok")


@pytest.fixture(scope="module", name="pair")
def _pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("redis")
    other = tmp_path_factory.mktemp("other")
    with running_redis(folder) as process:
        settings = {"REDIS_URL": process.url, "SECRET_KEY": SECRET, "LOG_LEVEL": "ERROR"}
        settings["DATABASE_URL"] = f"sqlite:///{folder / 'books.db'}"
        with (
            serving_with_rest(REST, folder, DOCUMENT, **settings) as one,
            serving_with_rest(REST, other, DOCUMENT, **settings) as two,
        ):
            yield Pair(process, (one, two))


@pytest.fixture(name="away", params=["paused", pytest.param("killed", marks=pytest.mark.nightly)])
def _away(pair: Pair, request: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
    """A Redis that goes away when called, and is back at the end."""
    yield pair.redis.pause if request.param == "paused" else pair.redis.kill
    pair.redis.restart()
    pair.wait_until_used()


def quick(client: Client, method: str, target: str, content: Json | None = None, *fields: str) -> Answer:
    """Ask, and expect an answer soon and no error of the server."""
    started = time.monotonic()
    answer = client.ask(method, target, content, *fields)
    took = time.monotonic() - started

    assert answer.status < 500, answer
    assert took < QUICK, f"{method} {target} took {took:.2f} s"
    return answer


def change(person: Person, book: Json, price: str) -> Answer:
    """Write a book with the tag that it has now."""
    target = f"/api/books/{book['id']}"
    tag = quick(person.client, "GET", target).header("ETag")
    answer = quick(person.client, "PATCH", target, {"price": price}, f"If-Match: {tag}")
    assert answer.status == 200, answer
    return answer


def price(client: Client, book: Json) -> tuple[str, str]:
    """Return the price that a read and a list show."""
    listed = client.ask("GET", f"/api/books?author={book['author']}").json()["items"][0]
    return client.ask("GET", f"/api/books/{book['id']}").json()["price"], listed["price"]


def test_workers_share_limits_and_cache(pair: Pair) -> None:
    """Both workers count in one bucket, find each other's answers, and show each other's writes at once."""
    one, person = pair.client(0), new_person(pair.client(0))
    two = Client(pair.servers[1].port, one.source)
    book = add_book(person.client, author=unused_name("author")).json()
    target = f"/api/books/{book['id']}"
    answers = [each.ask("GET", target) for each in (one, two, one, two)]
    change(person, book, "5.55")

    assert [answer.remaining("reads") for answer in answers] == [59, 58, 57, 56]
    assert [answer.header("Cache-Status") for answer in answers] == ["bookplate; fwd=uri-miss"] + ["bookplate; hit"] * 3
    assert [price(each, book) for each in (two, one)] == [("5.55", "5.55")] * 2


class Planted:
    """What a pickle would run, if anybody read it."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        """Leave a trace when read."""
        return Path.mkdir, (self.trace,)  # type: ignore[return-value]


@pytest.mark.parametrize(
    "planted",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"null",
        b"[]",
        b"42",
        b'"text"',
        b"{}",
        b'{"headers": 5, "body": 7}',
        b"pickle",
        b"!pickle",
    ],
    ids=repr,
)
def test_planted_value_is_a_miss(pair: Pair, tmp_path: Path, planted: bytes) -> None:
    """Whatever somebody writes into the cache is a miss: no error, no lie, and no code that runs."""
    trace = tmp_path / "was-run"
    planted = planted.replace(b"pickle", pickle.dumps(Planted(trace)))
    client, person = pair.client(), new_person(pair.client())
    added = add_book(person.client, author=unused_name("author")).json()
    targets = [
        f"/api/books/{added['id']}",
        f"/api/books?author={added['author']}",
        f"/api/users/{added['owner_id']}/books",
    ]
    first = [client.ask("GET", target) for target in targets]
    with pair.redis.client() as store:
        keys = store.keys("bookplate:cache:*")
        store.mset(dict.fromkeys(keys, planted))
    again = [client.ask("GET", target) for target in targets]

    assert len(keys) >= 4
    assert [(answer.status, answer.body) for answer in again] == [(200, answer.body) for answer in first]
    assert not trace.exists()


def test_service_goes_on_without_redis(pair: Pair, away: Callable[[], None]) -> None:
    """Reads, writes and log-ins answer within a second; health says what is wrong; limits still limit."""
    person, client = new_person(pair.client()), pair.client()
    book = add_book(person.client, author=unused_name("author")).json()
    away()
    answers = [quick(client, "GET", f"/api/books/{book['id']}") for _ in range(3)]
    changed = change(person, book, "7.77")
    health = quick(client, "GET", "/api/health")
    renewed = new_person(pair.client()).me()
    flood = [quick(client, "GET", "/api/nothing").status for _ in range(61)]

    assert [answer.status for answer in [*answers, changed, renewed]] == [200] * 5
    assert (health.status, health.json()["status"]) == (200, "degraded")
    assert health.json()["components"] == {"database": "ok", "limiter": "fault", "cache": "fault"}
    assert flood[-1] == 429
    assert price(pair.client(), book) == ("7.77", "7.77")


REFUSING = {
    "full": (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
    "a replica": (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
    "without replicas": (
        ("CONFIG", "SET", "min-replicas-to-write", "1"),
        ("CONFIG", "SET", "min-replicas-to-write", "0"),
    ),
}


@pytest.mark.parametrize("kind", REFUSING)
def test_redis_that_refuses_writes_is_named(pair: Pair, kind: str) -> None:
    """A Redis that answers and takes no write is a fault of limiter and cache; limits limit, and nothing stale is served."""
    person, client = new_person(pair.client()), pair.client()
    book = add_book(person.client, author=unused_name("author"), price="1.00").json()
    price(client, book)
    refuse, accept = REFUSING[kind]
    with pair.redis.client() as store:
        store.execute_command(*refuse)
        is_answering = store.ping()
        health = quick(client, "GET", "/api/health").json()
        change(person, book, "2.00")
        shown = price(pair.client(), book)
        flood = [quick(client, "GET", "/api/nothing").status for _ in range(61)]
        store.execute_command(*accept)
    pair.wait_until_used()
    after = [price(pair.client(worker), book) for worker in (0, 1)]

    assert is_answering
    assert health == {"status": "degraded", "components": {"database": "ok", "limiter": "fault", "cache": "fault"}}
    assert flood[-1] == 429
    assert [shown, *after] == [("2.00", "2.00")] * 3
    assert quick(client, "GET", "/api/health").json()["status"] == "ok"


def test_nothing_stale_is_served_after_recovery(pair: Pair, away: Callable[[], None]) -> None:
    """What was written while Redis was away shows, by every worker, when Redis is back and at any time after."""
    person = new_person(pair.client())
    book = add_book(person.client, author=unused_name("author"), price="1.00").json()
    for worker in (0, 1, 0, 1):
        assert price(pair.client(worker), book) == ("1.00", "1.00")
    away()
    change(person, book, "2.00")
    (pair.redis.resume if pair.redis.process.poll() is None else pair.redis.start)()
    deadline = time.monotonic() + REST + 0.5
    while time.monotonic() < deadline:
        assert [price(pair.client(worker), book) for worker in (1, 0)] == [("2.00", "2.00")] * 2
        time.sleep(0.4)


def test_old_data_that_come_back_revive_no_answer(pair: Pair) -> None:
    """A Redis that comes back with what it saved long ago has nothing that is served."""
    person = new_person(pair.client())
    book = add_book(person.client, author=unused_name("author"), price="1.00").json()
    price(pair.client(), book)
    with pair.redis.client() as store:
        store.save()
    change(person, book, "2.00")
    pair.redis.restart()
    after = [price(pair.client(worker), book) for worker in (0, 1)]
    (pair.redis.folder / "dump.rdb").unlink()
    pair.wait_until_used()

    assert after == [("2.00", "2.00")] * 2


def test_clearing_the_cache_leaves_other_keys_alone(pair: Pair) -> None:
    """A clearing deletes the cache's keys, and neither the limits nor what somebody else keeps in that Redis."""
    admin, reader = new_admin(pair.servers[0], pair.client()), pair.client()
    with pair.redis.client() as store:
        store.set("somebody:else", "kept")
        before = reader.ask("GET", "/api/books").remaining("lists")
        limits = [key for key in store.keys("*") if not key.startswith(b"bookplate:cache:")]
        answer = admin.client.ask("POST", "/api/admin/cache/clear")
        left = set(store.keys("*"))

    assert answer.status == 204
    assert set(limits) <= left
    assert not any(key.startswith(b"bookplate:cache:") for key in left)
    assert reader.ask("GET", "/api/books").remaining("lists") == before - 1


def test_clearing_while_redis_is_away_is_true(pair: Pair, away: Callable[[], None]) -> None:
    """A 204 means that nothing kept is found again, also where Redis could not be reached and comes back as it was."""
    admin, reader = new_admin(pair.servers[0], pair.client()), pair.client()
    target = f"/api/books?author={unused_name('author')}"
    kept = [reader.ask("GET", target).header("Cache-Status") for _ in range(2)]
    with pair.redis.client() as store:
        store.save()
    away()
    answer = quick(admin.client, "POST", "/api/admin/cache/clear")
    (pair.redis.resume if pair.redis.process.poll() is None else pair.redis.start)()
    (pair.redis.folder / "dump.rdb").unlink()
    pair.wait_until_used()
    after = [pair.client(worker).ask("GET", target).header("Cache-Status") for worker in (0, 1)]

    assert kept == ["bookplate; fwd=uri-miss", "bookplate; hit"]
    assert answer.status == 204
    assert after == ["bookplate; fwd=uri-miss", "bookplate; hit"]


def test_clearing_a_large_cache_goes_in_small_steps(pair: Pair) -> None:
    """No command looks at the whole cache, so that none outlasts what a connection waits, and the limits stay on Redis."""
    admin, reader = new_admin(pair.servers[0], pair.client()), pair.client()
    reader.ask("GET", "/api/books")
    with pair.redis.client() as store:
        store.mset({f"{PREFIX}{number}": "{}" for number in range(5000)})
        store.config_resetstat()
        answer = admin.client.ask("POST", "/api/admin/cache/clear")
        calls = {name.removeprefix("cmdstat_"): each["calls"] for name, each in store.info("commandstats").items()}
        left = store.keys(f"{PREFIX}*")
    health = quick(reader, "GET", "/api/health").json()

    assert answer.status == 204
    assert left == []
    assert not {"keys", "del", "flushdb"} & set(calls)
    assert calls["unlink"] >= 5
    assert health["status"] == "ok"


def test_command_clears_the_cache_and_says_what_is_true(pair: Pair, away: Callable[[], None]) -> None:
    """`flask clear-cache` clears whether Redis is there or not, and says what it could not do."""
    reader = pair.client()
    target = f"/api/books?author={unused_name('author')}"
    settings = {"REDIS_URL": pair.redis.url, "DATABASE_URL": f"sqlite:///{pair.redis.folder / 'books.db'}"}
    reader.ask("GET", target)
    here = run_command(pair.redis.folder, "clear-cache", **settings)
    after = [reader.ask("GET", target).header("Cache-Status") for _ in range(2)]
    away()
    gone = run_command(pair.redis.folder, "clear-cache", **settings)

    assert (here.returncode, here.stdout.splitlines()[-1]) == (0, "The cache is clear.")
    assert after == ["bookplate; fwd=uri-miss", "bookplate; hit"]
    assert gone.returncode == 0
    assert "The cache is clear." in gone.stdout
    assert "could not be cleaned up" in gone.stdout
