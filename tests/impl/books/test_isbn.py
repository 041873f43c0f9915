"""ISBN: every spelling of a number is one book; and prices, which are exact."""

import re
from datetime import datetime
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impl.books.schemas import dump_book, load_book
from impl.problems import InvalidContent

from ..people import book, isbn_10, isbn_13
from ..reference_server import read_document

PATTERN = re.compile(read_document()["components"]["schemas"]["NewIsbn"]["pattern"])
derandomized = settings(derandomize=True, database=None, deadline=None, max_examples=200)
MOMENT = datetime(2026, 1, 2)
numbers = st.integers(0, 999_999_999)


def load(text: str) -> str:
    """Read an ISBN that follows the pattern of the document."""
    assert PATTERN.search(text)
    return str(load_book(book(isbn=text))["isbn"])


@st.composite
def hyphenated(draw: st.DrawFn, digits: str) -> str:
    """Put hyphens between some digits."""
    places = draw(st.lists(st.booleans(), min_size=len(digits) - 1, max_size=len(digits) - 1))
    return "".join(digit + "-" * place for digit, place in zip(digits, [*places, False], strict=True))


@given(st.data(), numbers)
@derandomized
def test_every_spelling_is_one_book(data: st.DataObject, number: int) -> None:
    """ISBN-10 and ISBN-13, with hyphens anywhere and `x` in either case, are kept as one ISBN-13."""
    isbn = isbn_13(number)
    ten = isbn_10(isbn)
    written = [f"978-{data.draw(hyphenated(isbn[3:]))}", isbn, ten, ten.lower(), data.draw(hyphenated(ten))]

    assert {load(text) for text in written} == {isbn}


@given(numbers, st.sampled_from(["978", "979"]))
@derandomized
def test_kept_form_is_read_as_itself(number: int, prefix: str) -> None:
    """What is kept is an ISBN-13 that is read as itself, 979 included."""
    twelve = f"{prefix}{number:09d}"
    isbn = next(f"{twelve}{digit}" for digit in range(10) if is_valid(f"{twelve}{digit}"))

    assert load(isbn) == isbn


def is_valid(isbn: str) -> bool:
    """Weigh the digits as ISO 2108 does."""
    return sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(isbn)) % 10 == 0


@given(st.data(), numbers, st.booleans())
@derandomized
def test_wrong_check_digit_is_refused(data: st.DataObject, number: int, is_short: bool) -> None:
    """Every other check character than the right one is refused."""
    isbn = isbn_13(number)
    good = isbn_10(isbn) if is_short else isbn
    wrong = data.draw(st.sampled_from([each for each in "0123456789X" if each != good[-1]]))

    with pytest.raises(InvalidContent) as caught:
        load(good[:-1] + wrong)
    assert [fault["pointer"] for fault in caught.value.faults] == ["/isbn"]


@given(numbers, st.integers(0, 8))
@derandomized
def test_one_wrong_digit_is_always_found(number: int, place: int) -> None:
    """A single digit that is wrong is found in both forms."""
    isbn = isbn_13(number)
    for good, start in ((isbn, 3), (isbn_10(isbn), 0)):
        at = start + place
        with pytest.raises(InvalidContent):
            load(good[:at] + str((int(good[at]) + 1) % 10) + good[at + 1 :])


def test_known_books() -> None:
    """Three real books, one of them with the check character X."""
    assert load("0-441-17271-7") == load("978-0-441-17271-9") == "9780441172719"
    assert load("0-8044-2957-X") == load("9780804429573") == "9780804429573"
    assert load("979-10-90636-07-1") == "9791090636071"


@given(st.integers(0, 9_999_999_999))
@derandomized
def test_prices_are_exact(cents: int) -> None:
    """A price is kept in cents and written out as it came."""
    text = f"{cents // 100}.{cents % 100:02d}"
    kept = load_book(book(price=text))["price_cents"]

    assert kept == cents
    others = dict.fromkeys(("id", "owner_id", "title", "author", "isbn", "published_year", "genre"))
    row = SimpleNamespace(**others, price_cents=kept, created_at=MOMENT, updated_at=MOMENT)

    assert dump_book(row)["price"] == text
