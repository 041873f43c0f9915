"""A 429 is waited out, and whoever looks on is told for which limit."""

import pytest

from bookplate.wire.client import spent_limit
from bookplate.wire.exchange import Exchange


@pytest.mark.parametrize(
    ("ratelimit", "told"),
    [
        ('"writes";r=0;t=42', "limit writes"),
        ('"reads";r=3;t=9, "reads-hour";t=60;r=0', "limit reads-hour"),
        ('"a";r=0, "b";r=0', "limit a, b"),
        ('"writes";r=10', "a limit of the service"),
        ("limit=10, remaining=0, reset=4", "a limit of the service"),
        (None, "a limit of the service"),
    ],
)
def test_the_limit_that_is_spent_is_named(ratelimit: str | None, told: str) -> None:
    headers = [] if ratelimit is None else [("ratelimit", ratelimit)]

    assert spent_limit(Exchange(None, "GET", "http://127.0.0.1:1/a", [], b"", 429, headers, b"")) == told
