"""Several windows at once, against a model: a request passes while every window admits it, and no window loses count."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil
from types import SimpleNamespace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from impl.backends.limiter import Limits
from impl.contract.contract import Contract, Policy
from impl.problems import RateLimited
from impl.settings import Settings, load_settings

from ..reference_server import environment, with_tables
from .test_limits import Clock, request, spend

# A minute, an hour and a day in small: each window holds several of the one before.
WINDOWS = (6, 36, 216)
STEPS = st.sampled_from([0, 0, 0, 0.25, 1, 5.75, 6, 7, 35.5, 36, 40, 216, 250])


@dataclass
class Window:
    """A fixed window, written down as the contract describes it."""

    policy: Policy
    count: int = 0
    ends: float = 0.0

    def admits(self, now: float) -> bool:
        """Take one request, if there is room for it; a refusal spends nothing."""
        if now >= self.ends:
            self.count, self.ends = 0, now + self.policy.window
        if self.count == self.policy.quota(None):
            return False
        self.count += 1
        return True

    def left(self) -> int:
        """Return how many more it admits."""
        return self.policy.quota(None) - self.count

    def seconds(self, now: float) -> int:
        """Return the whole seconds until it ends."""
        return ceil(self.ends - now)


@dataclass
class Model:
    """Several windows; an answer is the wait that is asked for, None where the request passes."""

    policies: tuple[Policy, ...]
    windows: list[Window] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.windows = [Window(policy) for policy in self.policies]

    def ask(self, now: float) -> int | None:
        """Count a request everywhere, whoever refuses."""
        refusing = [window for window in self.windows if not window.admits(now)]
        return max((window.seconds(now) for window in refusing), default=None)

    def announced(self, now: float) -> str:
        """Write the field that shows every window."""
        return ", ".join(f'"{each.policy.name}";r={each.left()};t={each.seconds(now)}' for each in self.windows)


@pytest.fixture(scope="module", name="testing")
def _testing(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(with_tables(environment(tmp_path_factory.mktemp("windows"))))


@pytest.fixture(scope="module", name="clock")
def _clock() -> Iterator[Clock]:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("impl.backends.limit_storage.time", SimpleNamespace(time=clock.time, monotonic=clock.time))
        yield clock


def asked_of(limits: Limits, policies: tuple[Policy, ...]) -> tuple[int | None, str]:
    """Send one request; return the wait that it was answered with, if any, and what was announced."""
    one = request()
    try:
        spend(limits, policies, one)
    except RateLimited as refusal:
        return refusal.retry_after, one.rate_limit_fields["RateLimit"]
    return None, one.rate_limit_fields["RateLimit"]


@given(
    quotas=st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 20)),
    steps=st.lists(STEPS, min_size=1, max_size=60),
)
@hypothesis_settings(max_examples=150, database=None, deadline=None, derandomize=True)
def test_three_windows_admit_what_the_model_admits(
    testing: Settings, clock: Clock, quotas: tuple[int, int, int], steps: list[float]
) -> None:
    """At any moment a request passes if all three windows admit it; each shows what is left, and the wait is true."""
    policies = tuple(
        Policy(f"each-{window}", limit=quota, window=window, by="principal")
        for quota, window in zip(quotas, WINDOWS, strict=True)
    )
    limits, model = Limits(Flask("windows"), testing), Model(policies)
    for step in steps:
        clock.now += step
        expected = model.ask(clock.now), model.announced(clock.now)

        assert asked_of(limits, policies) == expected


def test_steady_reader_meets_the_hour_and_then_the_day(contract: Contract, testing: Settings, clock: Clock) -> None:
    """Sixty a minute exhaust the hour, and five such hours the day; what is refused then does not make the block longer."""
    policies = contract.operations["get_book"].policies
    limits, started = Limits(Flask("day"), testing), clock.now
    ends = []
    for hour in range(5):
        clock.now = started + 3600 * hour
        waits = []
        for minute in range(17):
            clock.now += 60 if minute else 0
            answers = [asked_of(limits, policies) for _ in range(60 if minute < 16 else 40)]
            waits += [wait for wait, _ in answers]
        ends.append((waits == [None] * 1000, [part.split(";")[1] for part in answers[-1][1].split(", ")]))

    assert ends == [(True, ["r=20", "r=0", f"r={left}"]) for left in (4000, 3000, 2000, 1000, 0)]
    refused = []
    for later in (5 * 3600, 20 * 3600, 86399):
        clock.now = started + later
        refused.append(asked_of(limits, policies)[0])
    clock.now = started + 86400

    assert refused == [19 * 3600, 4 * 3600, 1]
    assert asked_of(limits, policies)[0] is None
