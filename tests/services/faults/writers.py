"""Many who write to one thing at once: each change counts once, and one answer is worked out for all who ask."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .row import Row, Scenario
from .service import Answer, Client, counted
from .stack import Stack, standing

WRITERS, CHANGES = 16, 5
TRIES = 200
READERS = 200
WORKERS = 2


def one_row(folder: Path) -> Iterator[Row]:
    """Sixteen clients add one to the year of one book, five times each, with the ETag that they have read, then without."""
    with standing(folder, replicas=1, is_fronted=False) as stack:
        user = stack.replicas[0].client.signed_in()
        for is_control in (False, True):
            answers, years = counted_up(user, is_control=is_control)
            odd = [answer for answer in answers if answer.status not in (200, 412, 503)]
            seen = (
                f"{len(answers)} requests: {counted(answers)}; {years} of {WRITERS * CHANGES} changes are in the book"
            )
            if is_control:
                name, holds = "control: F17 with If-Match: *", years < WRITERS * CHANGES
                yield Row(name, seen, "some are lost", holds)
            else:
                name, holds = f"F17 {WRITERS} writers on one row", years == WRITERS * CHANGES and not odd
                yield Row(name, seen, "all, and 200, 412 or 503 alone", holds)


def counted_up(user: Client, *, is_control: bool) -> tuple[list[Answer], int]:
    """Let all writers change a new book; return the answers, and how many years it is later."""
    book = {"title": "Counter", "author": "Somebody", "price": "9.99", "published_year": 1000}
    target = f"/api/books/{user.ask('POST', '/api/books', book).content['id']}"

    def write(_: int) -> list[Answer]:
        answers: list[Answer] = []
        changed = 0
        while changed < CHANGES and len(answers) < TRIES:
            read = user.ask("GET", f"{target}?nocache=true")
            if read.status != 200:
                continue
            tag = "*" if is_control else read.fields["etag"]
            later = {"published_year": read.content["published_year"] + 1}
            answers.append(user.ask("PATCH", target, later, If_Match=tag))
            changed += answers[-1].status == 200
        return answers

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = [answer for each in pool.map(write, range(WRITERS)) for answer in each]
    return answers, user.ask("GET", target).content["published_year"] - 1000


def one_answer(folder: Path) -> Iterator[Row]:
    """Two hundred clients ask at once for a list that a write has just thrown out of the cache."""
    with standing(folder, 1, {"WORKERS": str(WORKERS)}, is_fronted=False) as stack:
        stack.postgresql.execute("ALTER SYSTEM SET log_statement = 'all'")
        stack.postgresql.execute("SELECT pg_reload_conf()")
        user = stack.replicas[0].client.signed_in()
        kept, queries = asked_at_once(stack, user, "/api/books?author=Herd")
        seen = f"{READERS} requests: {counted(kept)}; {queries} queries of the list"
        holds = all(answer.status == 200 for answer in kept) and 0 < queries <= WORKERS
        yield Row(f"F15 {READERS} ask at once for what is not in the cache", seen, f"at most {WORKERS} queries", holds)
        apart, queries = asked_at_once(stack, user, "/api/books?author=Herd&nocache=true")
        seen = f"{READERS} requests: {counted(apart)}; {queries} queries of the list"
        yield Row("control: F15 past the cache", seen, "more", queries > WORKERS)


def asked_at_once(stack: Stack, user: Client, target: str) -> tuple[list[Answer], int]:
    """Write a book, ask for a list many times at once, and count the queries of the list that reached the database."""
    user.ask("POST", "/api/books", {"title": "Herd", "author": "Herd", "price": "9.99"})
    before = queries_of(stack)
    with ThreadPoolExecutor(READERS) as pool:
        answers = list(pool.map(lambda _: user.ask("GET", target), range(READERS)))
    return answers, queries_of(stack) - before


def queries_of(stack: Stack) -> int:
    """Return how many queries of a page of books by their author are in the log of PostgreSQL."""
    return sum("WHERE books.author = " in line and "ORDER BY" in line for line in stack.postgresql.log())


SCENARIOS: tuple[Scenario, ...] = (one_row, one_answer)
QUICK = SCENARIOS
