"""Counters in Redis: exact at the end of a window, whoever counts; and a look counts nothing."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from limits import RateLimitItemPerSecond
from limits.strategies import FixedWindowRateLimiter

from impl.backends.limit_storage import Count, ExactMemoryStorage, ExactStorage, Hit
from impl.backends.redis_limit_storage import ExactRedisStorage

from ..people import unused_name
from ..redis_process import RedisProcess, running_redis

QUOTA, THREADS, SECONDS = 20, 16, 6.0


@pytest.fixture(scope="module", name="redis")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    with running_redis(tmp_path_factory.mktemp("redis")) as process:
        yield process


@pytest.fixture(params=["memory", "redis"], name="storage")
def _storage(request: pytest.FixtureRequest) -> ExactStorage:
    if request.param == "memory":
        return ExactMemoryStorage()
    process: RedisProcess = request.getfixturevalue("redis")
    return ExactRedisStorage(f"exact-{process.url}")


def one(storage: ExactStorage, key: str, quota: int = QUOTA, window: int = 60) -> Count:
    """Hit one counter."""
    return storage.hit([Hit(key, quota, window)])[0]


def flood(attempt: Callable[[int], Count]) -> list[int]:
    """Try for some seconds in many threads; return what each hit that was admitted was counted as."""
    start = Barrier(THREADS)

    def run(number: int) -> list[int]:
        start.wait(10)
        ends = time.monotonic() + SECONDS
        admitted = []
        while time.monotonic() < ends:
            count = attempt(number)
            if count.admitted:
                admitted.append(count.spent)
        return admitted

    with ThreadPoolExecutor(THREADS) as pool:
        return [spent for admitted in pool.map(run, range(THREADS)) for spent in admitted]


def test_flood_over_window_ends_is_admitted_exactly(redis: RedisProcess) -> None:
    """Sixteen threads on four connection pools flood one-second windows: each window admits its quota, never one more."""
    storages, key = [ExactRedisStorage(f"exact-{redis.url}") for _ in range(4)], unused_name("flood")
    started = time.monotonic()
    admitted = flood(lambda number: one(storages[number % 4], key, window=1))
    took = time.monotonic() - started
    # Each window has one hit that was its first, one that was its second, and so on.
    windows = [admitted.count(place) for place in range(1, QUOTA + 1)]

    assert max(admitted) == QUOTA
    assert 3 <= windows[0] <= took + 1
    # The last window may have been cut short.
    assert set(windows) <= {windows[0], windows[0] - 1}
    assert windows == sorted(windows, reverse=True)


def test_hit_and_taking_back_are_not_exact(redis: RedisProcess) -> None:
    """Why the library's strategy is not used: a hit that is taken back after its window's end opens a place in the next."""
    storage, key = ExactRedisStorage(redis.url), unused_name("library")
    strategy, item = FixedWindowRateLimiter(storage), RateLimitItemPerSecond(QUOTA, 1)
    # What the flood does by chance, in order: a refused hit, the end of its window, the taking back.
    outcomes = [strategy.hit(item, key) for _ in range(QUOTA + 1)]
    time.sleep(1.1)
    second = [strategy.hit(item, key)]
    storage.incr(item.key_for(key), 1, -1)
    second += [strategy.hit(item, key) for _ in range(QUOTA + 5)]

    assert outcomes == [True] * QUOTA + [False]
    assert second.count(True) == QUOTA + 1


def test_refused_hits_are_not_counted(storage: ExactStorage) -> None:
    """A counter never exceeds its quota; what one counter refuses is counted by the others in the same step."""
    few, many = unused_name("few"), unused_name("many")
    counts = [storage.hit([Hit(few, 3, 60), Hit(many, 100, 60)]) for _ in range(10)]

    assert [each.admitted for each, _ in counts] == [True] * 3 + [False] * 7
    assert [(each.spent, other.spent) for each, other in counts][-1] == (3, 10)
    assert all(0 < each.left <= 60 for pair in counts for each in pair)


def test_smaller_quota_sees_what_was_spent(storage: ExactStorage) -> None:
    """A change of tier keeps what was used."""
    key = unused_name("tier")
    spent = [one(storage, key, quota=5) for _ in range(5)]

    assert (spent[-1].admitted, one(storage, key, quota=2).admitted, one(storage, key, quota=6).admitted) == (
        True,
        False,
        True,
    )


def test_look_counts_nothing(storage: ExactStorage) -> None:
    """A look tells what a hit would find, and neither counts nor opens a window; it sees the end of one."""
    key = unused_name("look")
    before = [storage.look([Hit(key, 2, 60)])[0] for _ in range(5)]
    hits = [one(storage, key, quota=2, window=1) for _ in range(2)]
    full = storage.look([Hit(key, 2, 1)])[0]
    time.sleep(1.2)
    after = storage.look([Hit(key, 2, 60)])[0]

    assert {(each.admitted, each.spent, each.left) for each in before} == {(True, 0, 60)}
    assert [each.admitted for each in hits] == [True, True]
    assert (full.admitted, full.spent, 0 < full.left <= 1) == (False, 2, True)
    assert (after.admitted, after.spent, after.left) == (True, 0, 60)


@pytest.mark.parametrize("step", ["hit", "look"])
def test_counter_without_an_end_gets_one(redis: RedisProcess, step: str) -> None:
    """A counter that somebody left without a lifetime does not refuse for ever."""
    storage, key = ExactRedisStorage(f"exact-{redis.url}"), unused_name("endless")
    with redis.client() as client:
        client.set(storage.prefixed_key(key), 99)
    first: Count = getattr(storage, step)([Hit(key, QUOTA, 1)])[0]

    assert not first.admitted
    time.sleep(1.2)
    assert one(storage, key, window=1).admitted


def test_one_round_trip_counts_every_policy(redis: RedisProcess) -> None:
    """However many policies a request has, Redis is asked once."""
    storage, keys = ExactRedisStorage(f"exact-{redis.url}"), [unused_name("policy") for _ in range(5)]
    one(storage, keys[0])

    def commands() -> int:
        with redis.client() as client:
            info: dict[str, Any] = client.info("commandstats")
        return int(info["cmdstat_evalsha"]["calls"])

    before = commands()
    storage.hit([Hit(key, 10, 60) for key in keys])

    assert commands() - before == 1
