"""Values for strings whose `format` says more than a schema can, such as a checksum."""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

Strategy = st.SearchStrategy[str]

SPELLINGS = ("{0}{1}{2}{3}{4}", "{0}-{1}-{2}-{3}-{4}", "{0}-{1}{2}{3}{4}")
DOMAINS = ("example.com", "example.org", "mail.example.net")
MARKS = ("", ".", "_", "-", "+")


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


def isbn(number: int, spelling: str, length: int) -> str:
    """Return the ISBN of a number below a thousand million, with its check digit, spelled one of the usual ways."""
    body = f"{number:09}"
    check = isbn10_check(body) if length == 10 else isbn13_check(f"978{body}")
    text = spelling.format("" if length == 10 else "978", body[0], body[1:4], body[4:], check)
    return text.lstrip("-")


def isbn10_check(body: str) -> str:
    remainder = -sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), body, strict=True)) % 11
    return "X" if remainder == 10 else str(remainder)


def isbn13_check(body: str) -> str:
    return str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)


def is_isbn(text: str) -> bool:
    """Tell whether a text is an ISBN-10 or ISBN-13 with the right check digit, hyphens left aside."""
    digits = text.replace("-", "").upper()
    if re.fullmatch(r"[0-9]{9}[0-9X]", digits):
        return digits[-1] == isbn10_check(digits[:9])
    return bool(re.fullmatch(r"97[89][0-9]{10}", digits)) and digits[-1] == isbn13_check(digits[:12])


# Formats whose values no schema can tell from others, with what tells them.
MEANINGS: dict[str, Callable[[str], bool]] = {"isbn": is_isbn}


def email(number: int, domain: str, mark: str) -> str:
    return f"reader{mark}{number}@{domain}"


def username(number: int, name: str, mark: str) -> str:
    return f"{name}{mark if mark == '_' else ''}{number:03}"
