"""RATE-05 reads the r of every policy that RateLimit names; one without an r is a violation, not a crash."""

import pytest

from bookplate import Violation
from bookplate.contract import Policy
from bookplate.wire.exchange import Exchange

from ..law_modules import law_module

left_of_each = law_module("RATE-05").left_of_each
POLICIES = [Policy("minute", 10, 60, "address"), Policy("hour", 100, 3600, "address")]


def answer(*ratelimit: str) -> Exchange:
    headers = [("ratelimit", line) for line in ratelimit]
    return Exchange("list_things", "GET", "http://127.0.0.1:1/things", [], b"", 200, headers, b"")


@pytest.mark.parametrize(
    ("ratelimit", "left"),
    [
        (['"minute";r=9;t=60'], {"minute": 9}),
        (['"minute";r=0, "hour";r=99'], {"minute": 0, "hour": 99}),
        (['"minute";r=9', '"hour";r=99;t=7'], {"minute": 9, "hour": 99}),
        ([], {}),
    ],
)
def test_the_requests_left_are_those_of_each_policy(ratelimit: list[str], left: dict[str, int]) -> None:
    assert left_of_each(answer(*ratelimit), POLICIES) == left


@pytest.mark.parametrize(
    ("ratelimit", "without"),
    [
        ('"minute";r=9, "hour"', "hour"),
        ('"minute";r=9, "hour";t=60', "hour"),
        ('"minute";r="9"', "minute"),
        ('"minute";r=9.5', "minute"),
        ('"minute";r', "minute"),
        ('"minute", "hour"', "minute and hour"),
    ],
)
def test_a_policy_without_a_whole_number_breaks_the_law(ratelimit: str, without: str) -> None:
    with pytest.raises(Violation) as raised:
        left_of_each(answer(ratelimit), POLICIES)

    assert (raised.value.observed, raised.value.expected) == (
        f"GET /things answered 200 with RateLimit: {ratelimit}",
        f"a whole number as r for {without}",
    )
