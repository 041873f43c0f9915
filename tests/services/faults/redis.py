"""Redis killed, frozen, full, read-only, and flooded where windows end: limits go on, and nothing stale is served."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from tests.impl.people import Person, add_book, new_person, unused_name
from tests.impl.redis_process import RedisProcess
from tests.impl.reference_server import Json, environment, read_document, relaxed, save, serving
from tests.impl.wire import HOST, Client
from tests.services.private import find_program, private_postgresql

from .row import Row, Scenario

SECRET = "made up for the faults of Redis: 0123456789"
QUOTA, WINDOW, WINDOWS, THREADS = 20, 2, 10, 12
# Redis may be left alone for five seconds after it is back.
BACK = 6.0
# Generous: what is looked for takes seconds.
SOON = 1.5


def floods(folder: Path) -> Iterator[Row]:
    """Flood ten windows in a row, over two servers with two workers each."""
    document = read_document()
    relaxed(document)["x-rate-limit"]["policies"]["search"] |= {"limit": QUOTA, "window": WINDOW}
    folders = [folder / name for name in ("one", "two", "redis", "database")]
    for each in folders:
        each.mkdir()
    with ExitStack() as stack:
        # PostgreSQL, since two servers may not share a file; its user must be able to look into the folder.
        folder.chmod(0o755)
        database = f"{stack.enter_context(private_postgresql(folders[3]))}/postgres"
        redis = stack.enter_context(_redis(folders[2]))
        settings = {"DATABASE_URL": database, "REDIS_URL": redis.url, "SECRET_KEY": SECRET, "LOG_LEVEL": "ERROR"}
        path = save(document, folder)
        _migrate(folder, path, settings)
        servers = [stack.enter_context(serving(each, path, WORKERS="2", **settings)) for each in folders[:2]]
        admitted = _flood([server.port for server in servers])
        full, last = admitted[:-1], admitted[-1:]
        yield Row(
            f"F14 {WINDOWS} windows of {QUOTA} requests flooded by {THREADS} clients over 2 servers with 2 workers each",
            f"admitted {admitted}",
            f"{QUOTA} in each of {WINDOWS}, the last may be cut short",
            len(full) >= WINDOWS and set(full) == {QUOTA} and max(last) <= QUOTA,
        )
        excess = _library_excess(redis)
        yield Row(
            "control: F14, the library's hit, and the refused one taken back when its window has ended",
            f"{QUOTA + excess} admitted in the next window",
            f"more than {QUOTA}",
            excess > 0,
        )


def outages(folder: Path) -> Iterator[Row]:
    """Take Redis away in every way from one server, and write meanwhile."""
    document = read_document()
    relaxed(document)["x-rate-limit"]["policies"]["search"] |= {"limit": QUOTA, "window": 600}
    with _redis(folder) as redis:
        settings = {"REDIS_URL": redis.url, "SECRET_KEY": SECRET, "LOG_LEVEL": "ERROR"}
        with serving(folder, save(document, folder), **settings) as server:
            service = _Service(redis, Client(server.port))
            for name, break_it, mend_it in _outages(redis):
                yield from service.play(name, break_it, mend_it)


SCENARIOS: tuple[Scenario, ...] = (floods, outages)

Step = Callable[[], Any]


class _Service:
    """One server on one Redis, and somebody who owns a book there."""

    def __init__(self, redis: RedisProcess, client: Client) -> None:
        self._redis, self._client = redis, client
        self._person: Person = new_person(client)
        self._hosts = iter(range(2, 250))

    def play(self, name: str, break_it: Step, mend_it: Step) -> Iterator[Row]:
        """Keep answers, break Redis, write, mend it, and read for some seconds; yield what was seen."""
        book = add_book(self._person.client, author=unused_name("author"), title=unused_name("before")).json()
        self._titles(book)
        kept = self._kept(book["title"])
        stranger = self._stranger()
        break_it()
        started = time.monotonic()
        health = self._client.ask("GET", "/api/health")
        first = time.monotonic() - started
        slowest = max(self._time("GET", f"/api/books/{book['id']}") for _ in range(20))
        self._change(book)
        admitted = [stranger.ask("GET", "/api/books/search?q=x").status for _ in range(QUOTA + 10)].count(200)
        states = health.json()["components"]
        mend_it()
        ends, stale, reads = time.monotonic() + BACK, 0, 0
        while time.monotonic() < ends:
            titles = self._titles(book)
            stale, reads = stale + titles.count(book["title"]), reads + len(titles)
            time.sleep(0.05)
        after = self._client.ask("GET", "/api/health").json()["status"]
        later = self._stranger()
        again = [later.ask("GET", "/api/books/search?q=x").status for _ in range(QUOTA + 10)].count(200)

        degraded = states == {"database": "ok", "limiter": "fault", "cache": "fault"}
        yield Row(
            f"{name}: health",
            f"limiter {states['limiter']}, cache {states['cache']}, in {first * 1000:.0f} ms; afterwards {after}",
            "both fault, within the timeout of 250 ms; afterwards ok",
            degraded and first < SOON and after == "ok",
        )
        yield Row(f"{name}: slowest of 20 reads", f"{slowest * 1000:.0f} ms", "no waiting", slowest < SOON)
        yield Row(
            f"{name}: a limit of {QUOTA}, counted by the process meanwhile",
            f"{admitted} admitted; afterwards {again} of a new address",
            f"{QUOTA}, and {QUOTA}",
            admitted == again == QUOTA,
        )
        yield Row(
            f"{name}: stale reads in {BACK:.0f} s after a write and the recovery",
            f"{stale} of {reads}; control: {kept} answers were kept that show what the write replaced",
            "none; control: more than none",
            stale == 0 and reads > 10 and kept > 0,
        )

    def _titles(self, book: Json) -> list[str]:
        listed = self._client.ask("GET", f"/api/books?author={book['author']}").json()["items"]
        one = self._client.ask("GET", f"/api/books/{book['id']}").json()
        return [one["title"], *(each["title"] for each in listed)]

    def _change(self, book: Json) -> None:
        target = f"/api/books/{book['id']}"
        tag = self._client.ask("GET", target).header("ETag")
        answer = self._person.client.ask("PATCH", target, {"title": "after"}, f"If-Match: {tag}")
        if answer.status != 200:
            raise AssertionError(f"a write without Redis was answered {answer.status}")

    def _kept(self, title: str) -> int:
        with self._redis.client() as client:
            keys = client.keys("bookplate:cache:*")
            return sum(f'\\"{title}\\"'.encode() in (client.get(key) or b"") for key in keys)

    def _time(self, method: str, target: str) -> float:
        started = time.monotonic()
        self._client.ask(method, target)
        return time.monotonic() - started

    def _stranger(self) -> Client:
        return Client(self._client.port, f"127.0.4.{next(self._hosts)}")


def _outages(redis: RedisProcess) -> list[tuple[str, Step, Step]]:
    def command(*words: str) -> Step:
        def send() -> None:
            with redis.client() as client:
                client.execute_command(*words)

        return send

    return [
        ("F02 Redis frozen", redis.pause, redis.resume),
        ("Redis full", command("CONFIG", "SET", "maxmemory", "1"), command("CONFIG", "SET", "maxmemory", "0")),
        (
            "Redis a read-only replica",
            command("REPLICAOF", HOST, "1"),
            command("REPLICAOF", "NO", "ONE"),
        ),
        (
            "Redis without the replicas that it must have",
            command("CONFIG", "SET", "min-replicas-to-write", "1"),
            command("CONFIG", "SET", "min-replicas-to-write", "0"),
        ),
        ("F01 Redis killed and restarted empty", redis.kill, redis.start),
    ]


def _flood(ports: list[int]) -> list[int]:
    """Send without a pause until the windows are over; return how many each admitted."""
    moments: list[float] = []
    start, lock = threading.Barrier(THREADS), threading.Lock()

    def run(number: int) -> None:
        connection = HTTPConnection(HOST, ports[number % len(ports)], timeout=60)
        # A worker's first requests are slow: their answers would come in the next window.
        for _ in range(20):
            connection.request("GET", "/api/books/1")
            connection.getresponse().read()
        start.wait(60)
        ends = time.monotonic() + WINDOW * (WINDOWS + 0.5)
        while time.monotonic() < ends:
            connection.request("GET", "/api/books/search?q=x")
            response = connection.getresponse()
            response.read()
            if response.status == 200:
                with lock:
                    moments.append(time.monotonic())
        connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(run, range(THREADS)))
    windows: list[list[float]] = []
    for moment in sorted(moments):
        if windows and moment - windows[-1][0] < WINDOW / 2:
            windows[-1].append(moment)
        else:
            windows.append([moment])
    return [len(window) for window in windows]


def _library_excess(redis: RedisProcess) -> int:
    """Do in order what a flood does by chance; return how many too many the next window admits."""
    storage, key = RedisStorage(redis.url), unused_name("control")
    strategy, item = FixedWindowRateLimiter(storage), RateLimitItemPerSecond(QUOTA, 1)
    for _ in range(QUOTA + 1):
        strategy.hit(item, key)
    time.sleep(1.1)
    admitted = int(strategy.hit(item, key))
    storage.incr(item.key_for(key), 1, -1)
    return admitted + sum(strategy.hit(item, key) for _ in range(QUOTA + 5)) - QUOTA


@contextmanager
def _redis(folder: Path) -> Iterator[RedisProcess]:
    """Run a private Redis that ends, whatever state it was left in."""
    process = RedisProcess(find_program("redis-server"), folder)
    try:
        yield process
    finally:
        process.kill()


def _migrate(folder: Path, document: Path, settings: dict[str, str]) -> None:
    deadline = time.monotonic() + 30
    while True:
        # A PostgreSQL that listens may still be starting.
        try:
            psycopg.connect(settings["DATABASE_URL"]).close()
            break
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    command = [sys.executable, "-m", "impl.migrations"]
    subprocess.run(command, env=environment(folder, document, **settings), cwd=folder, check=True, timeout=60)
