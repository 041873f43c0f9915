"""Two replicas that share a Redis: what is written at one is read at the other at once."""

from collections.abc import Iterator
from pathlib import Path

from .row import Row, Scenario
from .service import Client
from .stack import Stack, standing

WRITES = 1000
WRITES_OF_CONTROL = 100


def shared_cache(folder: Path) -> Iterator[Row]:
    """Change a book at one replica, 1,000 times, and read it at the other, alone and in a list that were in the cache."""
    with standing(folder, is_fronted=False) as stack:
        stale, reads = stale_reads(stack, WRITES)
        seen = f"{WRITES} writes, {reads} reads at the other replica, {stale} stale"
        yield Row("writes at A, reads at B", seen, "none stale", stale == 0)


def caches_apart(folder: Path) -> Iterator[Row]:
    """Do the same with a cache of its own for each replica."""
    with standing(folder, settings={"REDIS_URL": "", "WORKERS": "1"}, is_fronted=False) as stack:
        stale, reads = stale_reads(stack, WRITES_OF_CONTROL)
        seen = f"{WRITES_OF_CONTROL} writes, {reads} reads at the other replica, {stale} stale"
        yield Row("control: writes at A, reads at B, each with a cache of its own", seen, "some stale", stale > 0)


def stale_reads(stack: Stack, writes: int) -> tuple[int, int]:
    """Return how many reads showed what a write had replaced, and how many reads there were."""
    one, other = stack.replicas
    user = one.client.signed_in()
    there = Client(other.port, user.token)
    book = user.ask("POST", "/api/books", {"title": "Title", "author": "Coherent", "price": "9.99"})
    target, tag = f"/api/books/{book.content['id']}", book.fields["etag"]
    views = (target, "/api/books?author=Coherent")
    stale = reads = 0
    for number in range(writes):
        for view in views:
            there.ask("GET", view)  # so that an answer is kept
        title = f"Title {number}"
        change = user.ask("PATCH", target, {"title": title}, If_Match=tag)
        assert change.status == 200, change
        tag = change.fields["etag"]
        for view in views:
            shown = there.ask("GET", view).content
            items = shown.get("items", [shown])
            stale += [each["title"] for each in items] != [title]
            reads += 1
    return stale, reads


SCENARIOS: tuple[Scenario, ...] = (shared_cache, caches_apart)
QUICK = SCENARIOS
