"""Generated values for strings whose `format` says more than a schema can, such as a checksum."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from ..fixtures.formats import DOMAINS, MARKS, SPELLINGS, email, isbn, username

Strategy = st.SearchStrategy[str]


def strategies() -> dict[str, Strategy]:
    """
    Return one strategy for each known format.

    What must be unique is numbered by a counter that Hypothesis does not see: it repeats its own
    choices while it shrinks, and the second copy would be a conflict. Each call counts anew, so
    that a campaign on a fresh server is repeatable.
    """
    numbers = itertools.count(1)
    return {
        "isbn": numbered(isbn, numbers, SPELLINGS, (10, 13)),
        "email": numbered(email, numbers, DOMAINS, MARKS),
        "username": numbered(username, numbers, ("reader", "Reader", "r"), MARKS[:3]),
        "idempotency-key": numbered("key-{}".format, numbers),
        "decimal": st.integers(0, 9_999_999).map(lambda cents: f"{cents // 100}.{cents % 100:02}"),
    }


def numbered(make: Callable[..., str], numbers: Iterator[int], *choices: Sequence[Any]) -> Strategy:
    """Return a strategy that draws one of each of the choices and passes them on with the next number."""
    return st.tuples(*(st.sampled_from(choice) for choice in choices)).map(lambda drawn: make(next(numbers), *drawn))
