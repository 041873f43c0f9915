"""What a single answer says of its service: its first item, challenges, limits, methods for web pages and a cache."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..contract.extensions import CacheTerms, Policy
from ..contract.operation import Operation
from ..contract.pointer import look_up
from ..fixtures.preflights import allowed_methods
from ..fixtures.ratelimit_fields import announced
from ..wire.cache_control import lifetime
from ..wire.exchange import Exchange

OK = 200
CHALLENGE = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9-]*)(?=\s|,|$)(?!\s*=)")
FROM_A_CACHE = ("cache-status", "age", "x-cache")


def first_item(operation: Operation, answer: Exchange) -> Any:
    """Return the first item that a list shows: where its pages have items, or in a bare array; None where it shows none."""
    place = operation.pagination.items if operation.pagination else ""
    items = look_up(answer.json_or_none(), place) if answer.status == OK else None
    return items[0] if isinstance(items, list) and items else None


def above(operation: Operation) -> str:
    """Return the path of the collection that an operation on an item stands in."""
    return operation.path.rstrip("/").rpartition("/")[0]


def challenged_by(answer: Exchange) -> Iterator[str]:
    """Yield the schemes of HTTP that an answer names in WWW-Authenticate (RFC 9110, section 11.6.1), in lower case."""
    for name, value in answer.headers:
        if name == "www-authenticate":
            yield from (match[1].lower() for match in CHALLENGE.finditer(value))


def policies_of(answer: Exchange) -> Iterable[Policy]:
    """Yield the named policies that RateLimit-Policy announces with quota and window; who is counted is not among it."""
    for name, numbers in announced(answer, "ratelimit-policy").items():
        quota, window = numbers.get("q"), numbers.get("w")
        if isinstance(quota, int) and isinstance(window, int):
            yield Policy(name, quota, window, "address")


def cache_of(answer: Exchange) -> CacheTerms | None:
    """Return how long an answer is kept, where it says that a cache was asked for it (RFC 9211; RFC 9111, section 5.1)."""
    if all(answer.header(name) is None for name in FROM_A_CACHE):
        return None
    kept = lifetime(answer)
    return CacheTerms(store=kept, max_staleness=kept or None)


def speaks_of(preflight: Exchange, on_path: Iterable[Operation]) -> bool:
    """Tell whether the methods that a preflight lists are those of one path, and not the same for all paths."""
    own = {operation.method for operation in on_path} | {"HEAD", "OPTIONS"}
    return allowed_methods(preflight) <= own
