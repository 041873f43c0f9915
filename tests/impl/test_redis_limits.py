"""Counters in Redis: exact at the end of a window, whoever counts, and given back to the window they were taken from."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from limits import RateLimitItemPerSecond
from limits.strategies import FixedWindowRateLimiter

from impl.limit_storage import Count, ExactMemoryStorage, ExactStorage, Hit
from impl.redis_limit_storage import ExactRedisStorage

from .people import unused_name
from .redis_process import RedisProcess, running_redis

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


def flood(attempt: Callable[[int], float | None]) -> list[int]:
    """Try for some seconds in many threads; return how many were admitted in each window, which are named by their ends."""
    start = Barrier(THREADS)

    def run(number: int) -> list[float]:
        start.wait(10)
        ends = time.monotonic() + SECONDS
        admitted = []
        while time.monotonic() < ends:
            window = attempt(number)
            if window is not None:
                admitted.append(window)
        return admitted

    with ThreadPoolExecutor(THREADS) as pool:
        ends = sorted(window for admitted in pool.map(run, range(THREADS)) for window in admitted)
    # Before Redis 7.2 two hits of one window may see its end a millisecond apart.
    windows: list[list[float]] = []
    for end in ends:
        if windows and end - windows[-1][0] < 0.5:
            windows[-1].append(end)
        else:
            windows.append([end])
    return [len(each) for each in windows]


def test_flood_over_window_ends_is_admitted_exactly(redis: RedisProcess) -> None:
    """Sixteen threads on four connection pools flood one-second windows: each window admits its quota, never one more."""
    storages, key = [ExactRedisStorage(f"exact-{redis.url}") for _ in range(4)], unused_name("flood")

    def attempt(number: int) -> float | None:
        count = one(storages[number % 4], key, window=1)
        return count.ends if count.admitted else None

    admitted = flood(attempt)

    assert len(admitted) >= 3
    # The last window may have been cut short.
    assert admitted[:-1] == [QUOTA] * (len(admitted) - 1)
    assert admitted[-1] <= QUOTA


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
    assert len({round(each.ends, 1) for pair in counts for each in pair}) <= 2


def test_smaller_quota_sees_what_was_spent(storage: ExactStorage) -> None:
    """A change of tier keeps what was used."""
    key = unused_name("tier")
    spent = [one(storage, key, quota=5) for _ in range(5)]

    assert (spent[-1].admitted, one(storage, key, quota=2).admitted, one(storage, key, quota=6).admitted) == (
        True,
        False,
        True,
    )


def test_hit_is_given_back_to_its_own_window(storage: ExactStorage) -> None:
    """A hit that is given back makes room in its window, and none in a later one."""
    key = unused_name("back")
    first = [one(storage, key, quota=2, window=1) for _ in range(2)]
    returned = storage.give_back(key, first[0].ends)
    again = one(storage, key, quota=2, window=1)
    time.sleep(1.2)
    later = [one(storage, key, quota=2, window=1) for _ in range(2)]
    late = storage.give_back(key, first[1].ends)

    assert (returned.spent, again.admitted) == (1, True)
    assert [each.admitted for each in later] == [True, True]
    assert late.spent == 2
    assert not one(storage, key, quota=2, window=1).admitted


def test_nothing_is_given_back_to_no_window(storage: ExactStorage) -> None:
    """Giving back after the window has ended, with none after it, leaves no counter behind."""
    key = unused_name("gone")
    taken = one(storage, key, quota=1, window=1)
    time.sleep(1.2)

    assert storage.give_back(key, taken.ends).spent == 0
    assert [one(storage, key, quota=1).admitted for _ in range(2)] == [True, False]


def test_counter_without_an_end_gets_one(redis: RedisProcess) -> None:
    """A counter that somebody left without a lifetime does not refuse for ever."""
    storage, key = ExactRedisStorage(f"exact-{redis.url}"), unused_name("endless")
    with redis.client() as client:
        client.set(storage.prefixed_key(key), 99)

    assert not one(storage, key, window=1).admitted
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
