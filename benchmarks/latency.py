"""`python -m benchmarks.latency` shows how long one client waits for each list of a large shelf."""

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from .account import open_account
from .load import LoadError, build_request, run_load
from .servers import BenchError, Server, derive_document, seed_books, serve_reference

BUDGET = 50.0
WORDS = ("garden", "Ada Example", "Velvet Clock", "the", "no such book", "seventh river 4", "%")
LINKS = 20


def main(arguments: list[str] | None = None) -> int:
    """Print the table; exit status 1 where a p99 is over the budget, 2 where nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--books", type=int, default=100_000, help="books on the shelf (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=5, help="length of each run (default: %(default)s)")
    asked = parser.parse_args(arguments)
    try:
        with TemporaryDirectory(prefix="bench-") as folder:
            work = Path(folder)
            derive_document(work)
            seed_books(work, asked.books)
            with serve_reference(work) as server:
                worst = _show(server, asked.books, asked.seconds)
    except (BenchError, LoadError) as error:
        print(f"latency: {error}", file=sys.stderr)
        return 2
    verdict = "within" if worst <= BUDGET else "over"
    print(f"\n{asked.books} books, one client: the worst p99 is {worst:.1f} ms, {verdict} the budget of {BUDGET:g} ms.")
    return 0 if worst <= BUDGET else 1


def _show(server: Server, books: int, seconds: float) -> float:
    computed = {"Authorization": f"Bearer {open_account(server)}", "Cache-Control": "no-cache"}
    print("| work | requests | p50, ms | p99, ms |\n|---|---:|---:|---:|")
    worst = 0.0
    for name, paths in _paths(server, books).items():
        for title, headers, asked in ((f"{name}, computed", computed, paths), (f"{name}, cached", {}, paths[:1])):
            sample = run_load(server.port, _requests(asked, headers), 200, connections=1, seconds=seconds)
            p50, p99 = sample.percentile(50), sample.percentile(99)
            print(f"| {title} | {len(sample.latencies)} | {p50:.2f} | {p99:.2f} |", flush=True)
            worst = max(worst, p99)
    return worst


def _requests(paths: list[str], headers: dict[str, str]) -> Iterator[bytes]:
    return cycle([build_request("GET", path, headers) for path in paths])


def _paths(server: Server, books: int) -> dict[str, list[str]]:
    last = -(-books // 20)
    # From the first page to the last, deep ones included.
    pages = [1 + number * (last - 1) // (LINKS - 1) for number in range(LINKS)]
    return {
        "list": [f"/api/books?page={number}&per_page=20" for number in pages],
        "list by title": [f"/api/books?sort=title&page={number}&per_page=20" for number in pages],
        "feed": list(_walk(server)),
        "search": [f"/api/books/search?q={quote(word)}" for word in WORDS],
        "popular": ["/api/books/popular"],
    }


def _walk(server: Server) -> Iterator[str]:
    path = "/api/books/feed?limit=20"
    for _ in range(LINKS):
        yield path
        cursor = json.loads(server.ask("GET", path).content)["next_cursor"]
        if cursor is None:
            return
        path = f"/api/books/feed?limit=20&cursor={cursor}"


if __name__ == "__main__":
    sys.exit(main())
