"""Limits: exact under threads, windows that start at the first request, and who is counted as one."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace

import pytest
from flask import Flask

from impl.backends.limit_storage import ExactMemoryStorage, Hit
from impl.backends.limiter import Attempts, Client, Limits
from impl.backends.outage import Outage
from impl.contract.authorization import Claims
from impl.contract.contract import Policy
from impl.problems import RateLimited
from impl.request_context import RequestContext
from impl.settings import Settings

READS = Policy("reads", limit=100, window=60, by="principal")
FEW = Policy("few", limit=5, window=60, by="principal")
FAILURES = Policy("failures", limit=5, window=60, by="body", pointer="/email", counts="failures")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        """Return the time, in seconds since the epoch."""
        return self.now


@pytest.fixture(name="limits")
def _limits(settings: Settings) -> Limits:
    return Limits(Flask("limits"), settings)


@pytest.fixture(name="clock")
def _clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("impl.backends.limit_storage.time", SimpleNamespace(time=clock.time))
    return clock


def request(address: str = "192.0.2.1", user_id: int | None = None) -> RequestContext:
    """Make a request from an address, perhaps with a verified token."""
    return RequestContext(address=address, claims=Claims(user_id, 1) if user_id else None)


def spend(limits: Limits, policies: Iterable[Policy], request: RequestContext, tier: str | None = None) -> None:
    """Count a request, and note what its answer tells of the limits."""
    client = Client(request.address, request.claims.user_id if request.claims else None)
    limits.count(limits.buckets(policies, client, tier), request.rate_limit_fields)


def admits(action: Callable[[], None]) -> bool:
    """Tell whether a limit admits."""
    try:
        action()
    except RateLimited:
        return False
    return True


def count(limits: Limits, policy: Policy, tries: int, *requests: RequestContext) -> int:
    """Return how many of some requests are admitted."""
    return sum(admits(partial(spend, limits, [policy], each)) for each in requests * tries)


def test_exact_under_16_threads(limits: Limits) -> None:
    """16 threads with 50 requests each get exactly the 100 that the limit admits."""
    start = threading.Barrier(16)

    def hammer(_number: int) -> int:
        start.wait(10)
        return count(limits, READS, 50, request())

    with ThreadPoolExecutor(16) as pool:
        admitted = sum(pool.map(hammer, range(16)))

    assert admitted == 100


def test_no_thread_is_started(limits: Limits) -> None:
    """Counting starts no thread, however many counters there are."""
    before = threading.active_count()
    for number in range(200):
        spend(limits, [READS], request(f"192.0.2.{number}"))

    assert threading.active_count() == before


def test_window_starts_at_the_first_request(limits: Limits, clock: Clock) -> None:
    """A window opens with its first request, whenever that is, and lasts its whole length."""
    clock.now += 37.5
    assert count(limits, FEW, 6, request()) == 5

    clock.now += 59.9
    assert count(limits, FEW, 1, request()) == 0
    clock.now += 0.2
    assert count(limits, FEW, 6, request()) == 5


def test_retry_after_is_true_both_ways(limits: Limits, clock: Clock) -> None:
    """After Retry-After seconds the limit admits again, and a second earlier it does not."""
    count(limits, FEW, 5, request())
    clock.now += 20.25
    with pytest.raises(RateLimited) as caught:
        spend(limits, [FEW], request())
    wait = caught.value.retry_after or 0

    assert wait == 40
    clock.now += wait - 1
    assert count(limits, FEW, 1, request()) == 0
    clock.now += 1
    assert count(limits, FEW, 1, request()) == 1


def test_fields_follow_draft_11(limits: Limits, clock: Clock) -> None:
    """Each policy announces its quota and window, and what it admits for how long."""
    clock.now += 0.5
    one = request()
    spend(limits, [FEW, READS], one)
    clock.now += 10
    spend(limits, [FEW, READS], one)

    assert one.rate_limit_fields["RateLimit-Policy"] == '"few";q=5;w=60, "reads";q=100;w=60'
    assert one.rate_limit_fields["RateLimit"] == '"few";r=3;t=50, "reads";r=98;t=50'


def test_refused_requests_count_elsewhere(limits: Limits, clock: Clock) -> None:
    """A request that one policy refuses is counted by the others."""
    one = request()
    for _ in range(7):
        admits(lambda: spend(limits, [FEW, READS], one))

    assert one.rate_limit_fields["RateLimit"] == '"few";r=0;t=60, "reads";r=93;t=60'


def test_tiers_have_their_own_quota(limits: Limits, clock: Clock) -> None:
    """A policy admits what the tier says, and nobody's tier is the smallest; a change of tier keeps what was used."""
    policy = Policy("tiers", limit={"free": 2, "premium": 4}, window=60, by="principal")

    def is_admitted(tier: str | None) -> bool:
        return admits(lambda: spend(limits, [policy], request(user_id=7), tier))

    assert [is_admitted("free"), is_admitted(None), is_admitted("free")] == [True, True, False]
    assert [is_admitted("premium"), is_admitted("premium"), is_admitted("premium")] == [True, True, False]


@pytest.mark.parametrize(
    ("one", "other", "is_one_client"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("2001:DB8:0:1::1", "2001:db8::1:0:0:0:2", True),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "", True),
    ],
)
def test_clients_are_told_apart(limits: Limits, one: str, other: str, is_one_client: bool) -> None:
    """An IPv4 address is one client, and so is a /64 of IPv6, however it is spelt."""
    assert count(limits, FEW, 5, request(one)) == 5
    assert count(limits, FEW, 5, request(other)) == (0 if is_one_client else 5)


def test_principals_are_counted_wherever_they_are(limits: Limits) -> None:
    """A verified subject is one client from every address, and apart from anonymous callers there."""
    assert count(limits, FEW, 5, request("192.0.2.1", 7)) == 5
    assert count(limits, FEW, 1, request("192.0.2.2", 7)) == 0
    assert count(limits, FEW, 1, request("192.0.2.1", 8), request("192.0.2.1")) == 2


def test_only_failures_count(limits: Limits) -> None:
    """A look, however often, leaves the quota as it was; what is announced is what is left."""
    one = request()
    attempts = Attempts(limits, [READS, FAILURES], one.rate_limit_fields)
    for _ in range(20):
        attempts.check("a@example.com")
    before = one.rate_limit_fields["RateLimit"]
    attempts.count_failure("a@example.com")
    failed = one.rate_limit_fields["RateLimit"]
    attempts.check("a@example.com")

    assert before == '"failures";r=5;t=60'
    assert failed.startswith('"failures";r=4')
    assert one.rate_limit_fields["RateLimit"].startswith('"failures";r=4')


def test_a_refused_attempt_spends_nothing(limits: Limits, clock: Clock) -> None:
    """What is refused opens no later window and counts in none: five failures, and after their window five more."""
    attempts = Attempts(limits, [FAILURES], request().rate_limit_fields)

    def fail() -> None:
        attempts.check("a@example.com")
        attempts.count_failure("a@example.com")

    first = [admits(fail) for _ in range(8)]
    clock.now += 59
    late = admits(fail)
    clock.now += 2

    assert (first, late) == ([True] * 5 + [False] * 3, False)
    assert [admits(fail) for _ in range(8)] == [True] * 5 + [False] * 3


def test_failures_that_come_at_once_are_counted_exactly(limits: Limits) -> None:
    """Of 24 that were all let in before any failed, five are failures and the others are refused."""
    attempts = [Attempts(limits, [FAILURES], request().rate_limit_fields) for _ in range(24)]
    for each in attempts:
        each.check("a@example.com")
    with ThreadPoolExecutor(24) as pool:
        counted = list(pool.map(lambda each: admits(lambda: each.count_failure("a@example.com")), attempts))
    late = Attempts(limits, [FAILURES], request().rate_limit_fields)

    assert counted.count(True) == 5
    assert not admits(lambda: late.check("a@example.com"))


def test_failures_counted_without_redis_still_count_when_it_is_back(settings: Settings) -> None:
    """Who failed five times while Redis was away is refused for the rest of the window, Redis or not."""
    limits = Limits(Flask("limits"), settings)
    limits.is_remote = True
    attempts = Attempts(limits, [FAILURES], request().rate_limit_fields)
    main, limits._storage = limits._storage, SimpleNamespace(hit=None, look=None)
    failures = [admits(lambda: attempts.count_failure("a@example.com")) for _ in range(6)]
    without = admits(lambda: attempts.check("a@example.com"))
    limits._storage, limits._outage = main, Outage("Redis")

    assert (failures, without) == ([True] * 5 + [False], False)
    assert not admits(lambda: attempts.check("a@example.com"))


def test_old_counters_are_dropped(limits: Limits, clock: Clock) -> None:
    """Counters whose window has ended do not stay in memory for ever."""
    for number in range(200):
        clock.now += 2
        spend(limits, [READS], request(f"192.0.2.{number}"))

    assert (limits._limiter.storage.reset() or 0) <= 32


class CountedKey(str):
    """A key that counts how often any of its kind is looked at in a dictionary."""

    __slots__ = ()
    looks = 0

    def __hash__(self) -> int:
        """Count."""
        CountedKey.looks += 1
        return super().__hash__()


def looks(action: Callable[[], object]) -> int:
    """Return how many keys an action looks at."""
    before = CountedKey.looks
    action()
    return CountedKey.looks - before


def hit(storage: ExactMemoryStorage, name: str, window: int = 60, quota: int = 100) -> bool:
    """Hit a counter once."""
    return storage.hit([Hit(CountedKey(name), quota, window)])[0].admitted


def test_work_of_a_hit_does_not_grow_with_the_counters(clock: Clock) -> None:
    """With 12,000 live counters a hit looks at a few keys, whether its window is new or not, or all others have ended."""
    storage = ExactMemoryStorage()
    most = max(looks(partial(hit, storage, f"a client {number}")) for number in range(12_000))
    known = looks(lambda: hit(storage, "a client 7"))
    clock.now += 61
    after = max(looks(partial(hit, storage, f"a new one {number}")) for number in range(100))

    assert max(most, known, after) <= 40


def test_counters_have_an_upper_bound(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However many clients there are, the counters of one length of windows are no more than the bound, and one line says so."""
    monkeypatch.setattr("impl.backends.limit_storage.MOST_COUNTERS", 100)
    storage = ExactMemoryStorage()
    admitted = [hit(storage, f"client {number}", window) for number in range(1000) for window in (60, 86_400)]

    assert all(admitted)
    assert storage.reset() == 200
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_flood_of_clients_opens_no_limit_and_locks_nobody_out(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is refused stays refused while a flood drops counters, also of other windows; a newcomer is admitted."""
    monkeypatch.setattr("impl.backends.limit_storage.MOST_COUNTERS", 100)
    storage = ExactMemoryStorage()
    outcomes = [hit(storage, "guesser", quota=5) for _ in range(6)]
    for number in range(10_000):
        hit(storage, f"flood {number}", 86_400 if number % 2 else 60)

    assert outcomes == [True] * 5 + [False]
    assert not hit(storage, "guesser", quota=5)
    assert hit(storage, "newcomer", quota=5)
