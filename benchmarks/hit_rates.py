"""`python -m benchmarks.hit_rates` shows how much of what is read comes from the cache while books are written."""

import argparse
import json
import random
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.services.private import MissingProgram, private_redis

from .servers import BenchError, Server, derive_document, serve_reference

OWNERS, BOOKS_EACH, PER_PAGE = 20, 20, 20
SHARES = (1, 10, 50)
KINDS = ("one book", "a page of all", "an owner's books")
# How often each kind is read.
WEIGHTS = (60, 20, 20)
PASSWORD = "a password of the benchmark"
JSON = {"Content-Type": "application/json"}


@dataclass
class Shelf:
    """All books with their present tags, and somebody who may change each of them."""

    token: str = ""
    owners: list[int] = field(default_factory=list)
    tags: dict[int, str] = field(default_factory=dict)


def main(arguments: list[str] | None = None) -> int:
    """Print the table; exit status 2 where nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hit_rates", description=__doc__)
    parser.add_argument("--requests", type=int, default=2000, help="requests for each share (default: %(default)s)")
    asked = parser.parse_args(arguments)
    print(f"| writes | {' | '.join(KINDS)} | all reads |\n|---|{'---:|' * (len(KINDS) + 1)}")
    try:
        with _server() as server:
            shelf = _fill(server)
            for share in SHARES:
                print(_row(share, *_measure(server, shelf, share, asked.requests)), flush=True)
    except (BenchError, MissingProgram) as error:
        print(f"hit_rates: {error}", file=sys.stderr)
        return 2
    books = OWNERS * BOOKS_EACH
    print(f"\n{books} books of {OWNERS} owners, {asked.requests} requests for each share, cache in Redis.")
    return 0


@contextmanager
def _server() -> Iterator[Server]:
    with TemporaryDirectory(prefix="bench-") as folder, private_redis(Path(folder)) as address:
        work = Path(folder)
        derive_document(work)
        with serve_reference(work, REDIS_URL=f"{address}/0") as server:
            yield server


def _fill(server: Server) -> Shelf:
    """Add the books of all owners; the last account becomes an admin, who may change every book."""
    shelf = Shelf()
    for number in range(OWNERS + 1):
        account = {"email": f"owner{number}@example.com", "username": f"owner{number}", "password": PASSWORD}
        user = _send(server, "POST", "/api/auth/register", account)[0]
        credentials = {name: account[name] for name in ("email", "password")}
        shelf.token = _send(server, "POST", "/api/auth/login", credentials)[0]["access_token"]
        if number == OWNERS:
            break
        shelf.owners.append(user["id"])
        for place in range(BOOKS_EACH):
            book = {"title": f"Book {place}", "author": f"Owner {number}", "price": "1.00"}
            content, tag = _send(server, "POST", "/api/books", book, Authorization=f"Bearer {shelf.token}")
            shelf.tags[content["id"]] = tag
    with closing(sqlite3.connect(server.log.parent / "reference.db")) as database, database:
        database.execute("UPDATE users SET role = 'admin' WHERE username = ?", (f"owner{OWNERS}",))
    return shelf


def _measure(server: Server, shelf: Shelf, share: int, requests: int) -> tuple[Counter[str], Counter[str]]:
    """
    Read everything once, and then read and write at random; return how often each kind was read and was a hit.

    A hit is what Cache-Status calls so (RFC 9211): an answer for which no handler ran.
    """
    choice = random.Random(share)
    targets = {
        KINDS[0]: [f"/api/books/{book_id}" for book_id in shelf.tags],
        KINDS[1]: [f"/api/books?page={page + 1}&per_page={PER_PAGE}" for page in range(len(shelf.tags) // PER_PAGE)],
        KINDS[2]: [f"/api/users/{owner_id}/books" for owner_id in shelf.owners],
    }
    for target in [each for group in targets.values() for each in group]:
        server.ask("GET", target)
    read, kept = Counter[str](), Counter[str]()
    for _ in range(requests):
        if choice.random() * 100 < share:
            _write(server, shelf, choice)
            continue
        kind = choice.choices(KINDS, WEIGHTS)[0]
        answer = server.ask("GET", choice.choice(targets[kind]))
        read[kind] += 1
        kept[kind] += answer.headers.get("cache-status", "").endswith("hit")
    return read, kept


def _write(server: Server, shelf: Shelf, choice: random.Random) -> None:
    book_id = choice.choice(list(shelf.tags))
    fields = {"If-Match": shelf.tags[book_id], "Authorization": f"Bearer {shelf.token}"}
    patch = {"price": f"{choice.randrange(1_000_000)}.00"}
    _, shelf.tags[book_id] = _send(server, "PATCH", f"/api/books/{book_id}", patch, **fields)


def _send(server: Server, method: str, path: str, content: Any, **fields: str) -> tuple[Any, str]:
    media = {"Content-Type": "application/merge-patch+json"} if method == "PATCH" else JSON
    answer = server.ask(method, path, media | fields, json.dumps(content).encode())
    if answer.status not in (200, 201):
        raise BenchError(f"{method} {path} was answered {answer.status}")
    return json.loads(answer.content), answer.headers.get("etag", "")


def _row(share: int, read: Counter[str], kept: Counter[str]) -> str:
    rates = [f"{100 * kept[kind] / max(1, read[kind]):.0f} %" for kind in KINDS]
    return f"| {share} % | {' | '.join(rates)} | {100 * kept.total() / max(1, read.total()):.0f} % |"


if __name__ == "__main__":
    sys.exit(main())
