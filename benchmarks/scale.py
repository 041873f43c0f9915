"""`python -m benchmarks.scale` shows how what a request costs the store grows with the number of books."""

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask

from impl.books import service
from impl.books.idempotency import KeysInFlight
from impl.contract.authorization import Caller

from .cases import isbn_13
from .scale_store import PROLIFIC, RARE_WORD, filled
from .servers import BenchError

SIZES = (10_000, 100_000)
PER_PAGE = 20
DEEP_PAGES = (40, 5000)
MOST_CALLS, FEWEST_CALLS = 300, 5
GENRE = "fiction"
NEW_BOOKS = 978_000_000_000
PROGRESS_WIDTH = 40


@dataclass(frozen=True)
class Shelf:
    """A filled store, and the application that reads it."""

    app: Flask
    books: int
    numbers: Iterator[int]


@dataclass(frozen=True)
class Case:
    """One kind of request, as its handler asks the store for it; `grows` says why it costs more where there are more books."""

    title: str
    ask: Callable[[Shelf], object]
    grows: str = ""


def _list(page: int = 1, sort: str | None = None, **filters: Any) -> Callable[[Shelf], object]:
    return lambda _shelf: service.list_books(filters, sort, page, PER_PAGE)


def _feed(**filters: Any) -> Callable[[Shelf], object]:
    return lambda shelf: service.list_feed(filters, shelf.books // 2, PER_PAGE)


def _search(text: str) -> Callable[[Shelf], object]:
    return lambda _shelf: service.search_books(text, 1, PER_PAGE)


def _get(shelf: Shelf) -> object:
    # A stride that is prime to any round number visits all books before it repeats.
    return service.find_book(next(shelf.numbers) * 7919 % shelf.books + 1)


def _create(shelf: Shelf) -> object:
    content = {
        "title": "A New Book",
        "author": "Ada Example",
        "isbn": isbn_13(NEW_BOOKS + next(shelf.numbers)),
        "published_year": 2001,
        "genre": GENRE,
        "price": "9.99",
    }
    store = shelf.app.extensions["bookplate"].store
    return service.add_book(store, Caller(1, 1, "user", "free"), content, None, KeysInFlight())


CASES = (
    Case("get", _get),
    Case("list", _list()),
    *(
        Case(f"list, sort={direction}{key}", _list(sort=direction + key))
        for key in service.SORTABLE
        for direction in ("", "-")
    ),
    Case("list, genre", _list(genre=GENRE)),
    Case("list, author of 1 in 100", _list(author=PROLIFIC)),
    Case("list, author of nothing", _list(author="Nobody")),
    Case("list, years", _list(year_from=1990, year_to=1999), grows="the books of a range of years are counted"),
    Case("list, genre, sort=title", _list(sort="title", genre=GENRE), grows="no index has both filter and order"),
    Case("a user's books", lambda _shelf: service.list_books_of(7, 1, PER_PAGE)),
    Case("feed", _feed()),
    Case("feed, genre", _feed(genre=GENRE)),
    Case("feed, author of 1 in 100", _feed(author=PROLIFIC)),
    Case("search, 20 books", _search(RARE_WORD)),
    Case("search, nothing", _search("no such book")),
    Case("search, 1 in 10 books", _search("garden"), grows="the books that are found are counted"),
    Case("search, two letters, nothing", _search("zq"), grows="a text without a trigram is looked for in every book"),
    Case("popular", lambda _shelf: service.list_popular(10)),
    Case("statistics", lambda _shelf: service.count_books()),
    *(
        Case(f"list, page {page}", _list(page), grows="the rows before a page are read, up to all of them")
        for page in DEEP_PAGES
    ),
    # Last, since it makes the tables longer.
    Case("create", _create),
)


def measure(case: Case, shelves: list[Shelf], seconds: float) -> list[float]:
    """Return the median microseconds of a case for each shelf; they are asked in turn, so that others disturb all alike."""
    spent: list[list[float]] = [[] for _ in shelves]
    ends = time.monotonic() + seconds
    for number in range(-1, MOST_CALLS):
        if number >= FEWEST_CALLS and time.monotonic() > ends:
            break
        # Whoever is asked after a pause waits longer, so the first of one round is the last of the next.
        for shelf, times in list(zip(shelves, spent, strict=True))[:: 1 if number % 2 else -1]:
            with shelf.app.app_context():
                before = time.perf_counter()
                case.ask(shelf)
                taken = time.perf_counter() - before
            # The first call writes statements and fills caches.
            if number >= 0:
                times.append(taken)
    return [median(times) * 1e6 for times in spent]


def exponent(sizes: list[int], costs: list[float]) -> float:
    """Return the exponent of the power of the size that fits the costs best: 0 is constant, 1 is a scan."""
    xs, ys = [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    over = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
    return over / sum((x - middle_x) ** 2 for x in xs)


def table(sizes: list[int], costs: dict[str, list[float]]) -> str:
    """Write a row for each case: its costs, the last beside the first, and the exponent."""
    lines = [f"| µs | {' | '.join(f'{size:,} books' for size in sizes)} | ratio | exponent |"]
    lines.append("|---|" + "---:|" * (len(sizes) + 2))
    for title, values in costs.items():
        cells = " | ".join(f"{value:.0f}" for value in values)
        lines.append(f"| {title} | {cells} | {values[-1] / values[0]:.2f} | {exponent(sizes, values):.2f} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; a mistake in the set-up is one line and exit status 2."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite", help="default: %(default)s")
    parser.add_argument(
        "--server", default="postgresql://postgres@127.0.0.1:5432/postgres", help="a PostgreSQL (default: %(default)s)"
    )
    parser.add_argument("--sizes", type=_sizes, default=list(SIZES), help="numbers of books, ascending (10000,100000)")
    parser.add_argument("--seconds", type=float, default=0.6, help="the longest for each case (default: %(default)s)")
    parser.add_argument("--only", help="cases whose title has this text")
    asked = parser.parse_args(arguments)
    try:
        with TemporaryDirectory(prefix="scale-") as folder, ExitStack() as stack:
            shelves = []
            for size in asked.sizes:
                before = time.monotonic()
                app = stack.enter_context(filled(asked.store, asked.server, Path(folder), size))
                shelves.append(Shelf(app, size, count()))
                print(f"{size:,} books: filled in {time.monotonic() - before:.0f} s", file=sys.stderr, flush=True)
            costs = {}
            for case in CASES:
                if asked.only is None or asked.only in case.title:
                    costs[case.title] = measure(case, shelves, asked.seconds)
                    print(f"{case.title:{PROGRESS_WIDTH}}{costs[case.title]}", file=sys.stderr, flush=True)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    print(table(asked.sizes, costs))
    return 0


def _sizes(text: str) -> list[int]:
    sizes = [int(word) for word in text.split(",")]
    if len(sizes) < 2 or sizes != sorted(set(sizes)) or sizes[0] < 1000:
        raise ValueError
    return sizes


if __name__ == "__main__":
    sys.exit(main())
