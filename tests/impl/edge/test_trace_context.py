"""traceparent (W3C Trace Context): what is valid stands in the log, and nothing else."""

import pytest

from impl.edge.trace_context import traceparent_of
from impl.request_context import RequestContext

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
VALID = f"00-{TRACE}-{PARENT}-01"


def read(*values: str) -> str | None:
    """Return what is read of a request with these fields."""
    return traceparent_of(RequestContext(fields=[(b"traceparent", value.encode("latin-1")) for value in values]))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (VALID, VALID),
        (f"00-{TRACE}-{PARENT}-00", f"00-{TRACE}-{PARENT}-00"),
        (f"cc-{TRACE}-{PARENT}-01", f"cc-{TRACE}-{PARENT}-01"),
        (f"cc-{TRACE}-{PARENT}-01-what-comes-later", f"cc-{TRACE}-{PARENT}-01"),
    ],
)
def test_valid_one_is_read(value: str, expected: str) -> None:
    """A valid one is read; of a later version, the parts that are known."""
    assert read(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "hunter2",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}-1",
        f"00-{TRACE}-{PARENT}",
        f"cc-{TRACE}-{PARENT}-01more",
        f" {VALID}",
        f"{VALID}\n",
    ],
)
def test_invalid_one_is_not_read(value: str) -> None:
    """What is not valid is as if it were not there."""
    assert read(value) is None


def test_two_are_none() -> None:
    """Two fields name no trace."""
    assert read(VALID, VALID) is None
    assert read() is None
