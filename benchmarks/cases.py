"""The work that is measured: what is sent, and what must come back."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, cycle

from .load import build_request
from .servers import Server

JSON = {"Content-Type": "application/json"}
PAGE = "/api/books?page=1&per_page=20"
CACHED_BOOKS = 100
# More than there are connections: no two that are under way are for one book.
REPLACED_BOOKS = 64
REPLACEMENT = {
    "title": "A Replaced Book",
    "author": "Ada Example",
    "published_year": 2001,
    "genre": "fiction",
    "price": "9.99",
}
# The samples have numbers of 979; these are new.
PREFIX = 978_000_000_000


@dataclass
class Target:
    """A server, and what a client of it has in hand."""

    server: Server
    token: str
    books: int
    isbns: Iterator[int]

    @property
    def computed(self) -> dict[str, str]:
        """The fields that ask for an answer that no cache made: only a signed-in caller is given one."""
        return {"Authorization": f"Bearer {self.token}", "Cache-Control": "no-cache"}

    def etag(self) -> dict[str, str]:
        """The condition of a client that holds the page already."""
        return {"If-None-Match": self.server.ask("GET", PAGE).headers["etag"]}


@dataclass(frozen=True)
class Case:
    """One kind of work; `requests` never ends."""

    name: str
    title: str
    status: int
    requests: Callable[[Target], Iterator[bytes]]


def _list_computed(target: Target) -> Iterator[bytes]:
    return cycle([build_request("GET", PAGE, target.computed)])


def _get_computed(target: Target) -> Iterator[bytes]:
    # A stride that is prime to any round number visits all books before it repeats.
    return (
        build_request("GET", f"/api/books/{number * 7919 % target.books + 1}", target.computed) for number in count()
    )


def _create(target: Target) -> Iterator[bytes]:
    headers = JSON | {"Authorization": f"Bearer {target.token}"}
    for number in target.isbns:
        book = {
            "title": f"A New Book {number}",
            "author": "Ada Example",
            "isbn": isbn_13(PREFIX + number),
            "published_year": 2001,
            "genre": "fiction",
            "price": "9.99",
        }
        yield build_request("POST", "/api/books", headers, json.dumps(book).encode())


def _list_cached(_target: Target) -> Iterator[bytes]:
    return cycle([build_request("GET", PAGE)])


def _get_cached(_target: Target) -> Iterator[bytes]:
    return cycle([build_request("GET", f"/api/books/{number + 1}") for number in range(CACHED_BOOKS)])


def _not_modified(target: Target) -> Iterator[bytes]:
    return cycle([build_request("GET", PAGE, target.etag())])


def _get_signed_in(target: Target) -> Iterator[bytes]:
    headers = {"Authorization": f"Bearer {target.token}"}
    return cycle([build_request("GET", f"/api/books/{number + 1}", headers) for number in range(CACHED_BOOKS)])


def _get_anonymous(target: Target) -> Iterator[bytes]:
    # More books than the cache holds, in an order in which none is asked for again before it was forgotten.
    return (build_request("GET", f"/api/books/{number * 7919 % target.books + 1}") for number in count())


def _replace(target: Target) -> Iterator[bytes]:
    """Replace one book after another of the reader's own, each with another price."""
    headers = JSON | {"Authorization": f"Bearer {target.token}"}
    contents = [json.dumps(REPLACEMENT | {"price": f"{cents}.99"}).encode() for cents in range(10, 12)]
    added = [target.server.ask("POST", "/api/books", headers, contents[0]) for _ in range(REPLACED_BOOKS)]
    paths = [f"/api/books/{json.loads(each.content)['id']}" for each in added]
    return (
        build_request("PUT", path, headers | {"If-Match": "*"}, content)
        for content in cycle(reversed(contents))
        for path in paths
    )


def _unauthenticated(_target: Target) -> Iterator[bytes]:
    return cycle([build_request("POST", "/api/books", JSON, json.dumps(REPLACEMENT).encode())])


def _unknown_path(_target: Target) -> Iterator[bytes]:
    return cycle([build_request("GET", "/api/nothing")])


def _missing_book(_target: Target) -> Iterator[bytes]:
    return cycle([build_request("GET", "/api/books/999999999")])


def _invalid(target: Target) -> Iterator[bytes]:
    headers = JSON | {"Authorization": f"Bearer {target.token}"}
    return cycle(
        [build_request("POST", "/api/books", headers, b'{"title": "", "author": "Ada Example", "price": "9.99"}')]
    )


# Creation comes last: it makes the list longer, and the faster server's more so.
CASES = (
    Case("list", "list, computed", 200, _list_computed),
    Case("get", "get, computed", 200, _get_computed),
    Case("list-cached", "list, cache on", 200, _list_cached),
    Case("get-cached", "get, cache on", 200, _get_cached),
    Case("list-304", "list, 304", 304, _not_modified),
    Case("get-signed-in", "get, cache on, signed in", 200, _get_signed_in),
    Case("get-anonymous", "get, anonymous, cache cold", 200, _get_anonymous),
    Case("401", "401", 401, _unauthenticated),
    Case("404", "404, no such book", 404, _missing_book),
    Case("404-path", "404, no such path", 404, _unknown_path),
    Case("422", "422", 422, _invalid),
    Case("replace", "replace with If-Match", 200, _replace),
    Case("create", "create", 201, _create),
)


def isbn_13(twelve: int) -> str:
    """Write an ISBN with its check digit (ISO 2108)."""
    digits = f"{twelve:012d}"
    return digits + str(-sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10)
