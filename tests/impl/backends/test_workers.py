"""Pools of threads: each kind of work has its own, with a queue that ends, and none takes the threads of another."""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from impl.backends.deadline import limited
from impl.backends.workers import WAITING_HASHES, Pool, Workers
from impl.problems import InvalidCredentials, RateLimited, Unavailable

from ..people import PASSWORD, new_person, unused_name
from ..reference_server import PATIENCE, Server, read_document, relaxed, save, serving
from ..wire import HOST, Answer, Client

LOG_INS = 150


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            await asyncio.sleep(0.01)


def with_blocked(pool: Pool, test: Callable[[threading.Event], Awaitable[None]]) -> None:
    """Run a test while every thread of a pool waits; the event lets them go."""

    async def run() -> None:
        go_on, arrived = threading.Event(), threading.Semaphore(0)

        def wait() -> None:
            arrived.release()
            go_on.wait(PATIENCE)

        blocked = [asyncio.ensure_future(pool.run(wait)) for _ in range(pool.threads)]
        for _ in blocked:
            await asyncio.to_thread(arrived.acquire, timeout=PATIENCE)
        try:
            await test(go_on)
        finally:
            go_on.set()
            await asyncio.gather(*blocked)

    asyncio.run(run())


def test_full_queue_is_refused_at_once() -> None:
    """What finds the queue full raises Unavailable, which is 503 with Retry-After; what waits is done in the end."""
    pool = Pool("test", 2, 3)

    async def test(go_on: threading.Event) -> None:
        waiting = [asyncio.ensure_future(pool.run(int, str(number))) for number in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as caught:
            await pool.run(int)
        go_on.set()

        assert dict(caught.value.headers())["Retry-After"]
        assert await asyncio.gather(*waiting) == [0, 1, 2]
        assert await pool.run(lambda: "free") == "free"

    with_blocked(pool, test)


def test_pool_says_what_it_does() -> None:
    """A pool tells how many threads work, how much waits, and how much it has refused; later nothing works or waits."""
    pool = Pool("test", 2, 3)
    idle = (pool.busy, pool.waiting, pool.refused)

    async def test(go_on: threading.Event) -> None:
        waiting = [asyncio.ensure_future(pool.run(int)) for _ in range(3)]
        await asyncio.sleep(0)
        for _ in range(2):
            with pytest.raises(Unavailable):
                await pool.run(int)

        assert (pool.busy, pool.waiting, pool.refused) == (2, 3, 2)
        go_on.set()
        await asyncio.gather(*waiting)

    with_blocked(pool, test)

    assert (idle, (pool.busy, pool.waiting, pool.refused)) == ((0, 0, 0), (0, 0, 2))


def test_cancelled_caller_leaves_the_queue() -> None:
    """A caller that gives up makes room for another, and its work is never done."""
    pool, done = Pool("test", 1, 1), list[str]()

    async def test(go_on: threading.Event) -> None:
        given_up = asyncio.ensure_future(pool.run(done.append, "given up"))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait([given_up])
        other = asyncio.ensure_future(pool.run(done.append, "other"))
        await asyncio.sleep(0)
        go_on.set()
        await other

    with_blocked(pool, test)

    assert done == ["other"]


def test_thread_of_an_abandoned_call_is_taken_until_it_ends() -> None:
    """A call that nobody waits for any more holds its thread, so that no more run at once than there are threads."""
    pool = Pool("test", 1, 5)

    async def test() -> None:
        go_on = threading.Event()
        first = asyncio.ensure_future(pool.run(go_on.wait, PATIENCE))
        await asyncio.sleep(0.05)
        first.cancel()
        await asyncio.wait([first])
        second = asyncio.ensure_future(pool.run(lambda: "second"))
        await asyncio.sleep(0.1)
        assert not second.done()
        go_on.set()
        assert await second == "second"

    asyncio.run(test())


def test_waiting_for_a_pool_that_hangs_has_the_deadline_of_the_request() -> None:
    """Where no work of a pool gets done, waiting for its threads ends with the request, not with its longest wait."""
    pool = Pool("test", 2, 50, longest_wait=5)

    async def wait() -> None:
        async with limited(0.5):
            await pool.run(int)

    async def test(_go_on: threading.Event) -> None:
        outcomes = await asyncio.gather(*(wait() for _ in range(50)), return_exceptions=True)

        assert {str(outcome) for outcome in outcomes} == {Unavailable.detail}

    with_blocked(pool, test)


@pytest.mark.parametrize("error", [Unavailable(), RateLimited(retry_after=1), OSError("the database is away")])
def test_work_that_fails_gives_nothing_back(error: Exception) -> None:
    """Behind works that the database ended, one after the other, waiting goes on counting."""
    pool = Pool("test", 1, 50, longest_wait=10)

    def fail() -> None:
        time.sleep(0.4)
        raise error

    async def wait() -> None:
        async with limited(1.0):
            await pool.run(fail)

    async def test() -> None:
        outcomes = await asyncio.gather(*(wait() for _ in range(12)), return_exceptions=True)

        assert Unavailable.detail in {str(outcome) for outcome in outcomes if outcome is not error}

    asyncio.run(test())


@pytest.mark.parametrize("refusal", [None, InvalidCredentials()])
def test_waiting_for_a_pool_that_works_does_not_count(refusal: Exception | None) -> None:
    """Who waits for a turn longer than his deadline has it all the same when his turn comes, as long as turns come."""
    pool = Pool("test", 1, 50, longest_wait=PATIENCE)

    def work() -> str:
        time.sleep(0.1)
        if refusal:
            raise refusal
        return "done"

    async def wait() -> str:
        async with limited(1.5):
            return await pool.run(work)

    async def test() -> None:
        outcomes = await asyncio.gather(*(wait() for _ in range(25)), return_exceptions=True)

        assert outcomes == [refusal or "done"] * 25

    asyncio.run(test())


@pytest.mark.parametrize("kind", ["reads", "writes", "passwords", "redis"])
def test_blocked_pool_leaves_the_others_alone(kind: str) -> None:
    """Where every thread of one kind waits, the other kinds go on."""
    workers = Workers(2, 2.0)
    pools = {name: getattr(workers, name) for name in ("reads", "writes", "passwords", "redis")}

    async def test(_go_on: threading.Event) -> None:
        async with asyncio.timeout(PATIENCE):
            assert [await pool.run(int) for name, pool in pools.items() if name != kind] == [0] * 3

    with_blocked(pools[kind], test)


def log_in_patiently(port: int) -> Answer:
    """Log in as nobody, and wait as long as a hundred others take."""
    content = json.dumps({"email": f"{unused_name('nobody')}@example.com", "password": PASSWORD})
    with closing(HTTPConnection(HOST, port, timeout=PATIENCE * 4)) as connection:
        connection.request("POST", "/api/auth/login", content, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return Answer(response.status, tuple(response.getheaders()), response.read())


@pytest.mark.nightly  # at every change the pool of those who hash is tried alone
def test_hashing_leaves_reads_and_writes_alone(tmp_path: Path) -> None:
    """
    While 150 people log in at once, reads and writes of others go on; who finds the queue full gets 503.

    Counted, not timed: all of the others are answered before half of the log-ins are. (Before, each waited for all.)
    """
    # In the testing environment a hash costs next to nothing.
    with serving(tmp_path, save(relaxed(read_document()), tmp_path), BOOKPLATE_ENV="development") as server:
        log_in_at_once(server)


def log_in_at_once(server: Server) -> None:
    """Let people log in while another one reads and writes, and look at what each of them gets."""
    person = new_person(Client(server.port))
    started = threading.Barrier(LOG_INS + 1)
    answers: list[Answer] = []

    def enter() -> None:
        started.wait(PATIENCE)
        answers.append(log_in_patiently(server.port))

    with ThreadPoolExecutor(LOG_INS) as threads:
        done = [threads.submit(enter) for _ in range(LOG_INS)]
        started.wait(PATIENCE)
        others = [person.me().status for _ in range(5)]
        others.append(person.client.ask("GET", "/api/books?sort=title").status)
        others.append(person.client.ask("POST", "/api/auth/refresh", {"refresh_token": "x" * 43}).status)
        answered_before = len([each for each in answers if each.status != 503])
        for each in done:
            each.result(PATIENCE * 4)
    statuses = Counter(answer.status for answer in answers)
    refused = [answer for answer in answers if answer.status == 503]

    assert others == [200] * 6 + [401]
    assert answered_before < LOG_INS / 2
    assert statuses[401] >= WAITING_HASHES
    assert statuses[401] + statuses[503] == LOG_INS
    assert all(answer.header("Retry-After") and answer.code == "unavailable" for answer in refused)
