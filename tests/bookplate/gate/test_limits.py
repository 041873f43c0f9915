"""Fewer requests, a slower rate, a shorter life: breaking. More of them: not."""

from typing import Any

import pytest

from bookplate.gate.limits import compare_limits


def policy(name: str, **values: Any) -> Any:
    return lambda raw: raw["x-rate-limit"]["policies"][name].update(values)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (policy("reads", limit=59), "limit tightened: policy reads: 59 in 60 s, was 60 in 60 s"),
        (policy("reads", window=61), "limit tightened: policy reads: 60 in 61 s, was 60 in 60 s"),
        (policy("reads", limit=30, window=30), "limit tightened: policy reads: 30 in 30 s, was 60 in 60 s"),
        (policy("reads", by="address"), "limit tightened: policy reads: by is address, was principal"),
        (
            policy("statistics", limit={"free": 10, "standard": 99, "premium": 1000}),
            "limit tightened: policy statistics: 99 in 3600 s for tier standard, was 100 in 3600 s",
        ),
        (
            lambda raw: raw["x-rate-limit"]["policies"]["log-in-account"].pop("counts"),
            "limit tightened: policy log-in-account: successes count too",
        ),
        (
            lambda raw: raw["x-rate-limit"]["sizes"].update(content=1000),
            "limit tightened: content of 1000 bytes, was 65536",
        ),
        (
            lambda raw: raw["x-rate-limit"]["unrouted"].append("search"),
            "limit tightened: unknown paths spend search now",
        ),
    ],
)
def test_a_tighter_policy_is_breaking(breaks: Any, change: Any, told: str) -> None:
    assert breaks(compare_limits, change) == [told]


@pytest.mark.parametrize(
    "change",
    [
        policy("reads", limit=61),
        policy("reads", limit=3600, window=3600),
        policy("writes", counts="failures"),
        policy("statistics", limit={"free": 10, "standard": 100, "premium": 1000, "gold": 5}),
        lambda raw: raw["x-rate-limit"]["policies"].update(unused={"limit": 1, "window": 9, "by": "address"}),
        lambda raw: raw["x-rate-limit"]["sizes"].update(target=9000),
    ],
)
def test_a_looser_policy_is_not(breaks: Any, change: Any) -> None:
    assert breaks(compare_limits, change) == []


def test_a_policy_that_an_operation_spends_from_now_on_is_breaking(breaks: Any, find: Any) -> None:
    found = breaks(compare_limits, lambda raw: find(raw, "get_book")["x-rate-limit"].append("search"))

    assert found == ["limit tightened: it spends policy search now"]


def test_a_policy_that_an_operation_spends_no_more_is_not(breaks: Any, find: Any) -> None:
    assert breaks(compare_limits, lambda raw: find(raw, "get_book")["x-rate-limit"].remove("reads")) == []


def default(*names: str) -> Any:
    """Return a change that says which policies hold where none are named, and lets two operations name none."""

    def change(raw: Any) -> None:
        raw["x-rate-limit"]["default"] = [*names]
        for path in ("/books/{book_id}", "/users/me"):
            raw["paths"][path]["get"].pop("x-rate-limit")

    return change


def test_a_default_that_says_what_operations_said_is_no_change(both: Any) -> None:
    assert list(compare_limits(*both(default("reads", "reads-day")))) == []


def test_a_default_that_limits_more_is_breaking_at_its_line(read_again: Any) -> None:
    old, new = read_again(default("reads", "reads-day", "search"))

    found = [(each.message, each.place, each.operation) for each in compare_limits(old, new)]

    told = "limit tightened: it spends policy search now"
    assert found == [(told, new.where("/x-rate-limit/default"), name) for name in ("get_me", "get_book")]


def test_unknown_paths_under_a_default_are_breaking(breaks: Any) -> None:
    def change(raw: Any) -> None:
        raw["x-rate-limit"]["default"] = [*raw["x-rate-limit"].pop("unrouted"), "reads-day"]

    assert breaks(compare_limits, change) == ["limit tightened: unknown paths spend reads-day now"]


def test_a_shorter_life_in_the_cache_is_breaking(breaks: Any, find: Any) -> None:
    found = breaks(compare_limits, lambda raw: find(raw, "get_book")["x-cache"].update(store=10))

    assert found == ["lifetime shortened: an answer is kept for 10 s, was 300 s"]


def test_a_longer_lag_is_breaking(breaks: Any, find: Any) -> None:
    found = breaks(compare_limits, lambda raw: find(raw, "get_book_statistics")["x-cache"].update(lag=61))

    assert found == ["promise weakened: an answer may be behind by 61 s, was 60 s"]
