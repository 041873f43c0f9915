"""`python -m benchmarks.query_plans` writes docs/query-plans.md: how each database finds what a request asks for."""

import argparse
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from sqlalchemy import event

from impl.backends.store import db

from .scale import CASES, Case, Shelf
from .scale_store import filled
from .servers import ROOT, BenchError

PAGE = ROOT / "docs" / "query-plans.md"
STORES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
BOOKS = 10_000
# Of SQLite's virtual machine, between two looks.
STEPS = 10
READS = [case for case in CASES if case.title != "create"]
HEAD = """# Query plans

<!-- Written by `python -m benchmarks.query_plans`; edit that instead. -->

How each database finds what a request asks for, with {books:,} books of `benchmarks.scale`.
A test holds that none of the first table reads or orders more where there are more books,
and that each uses the indexes that stand here.
`python -m benchmarks.scale` measures what that costs; [performance](performance.md#very-many-books) has the figures.
"""
GROWING = """
## What grows with the table

The deepest page costs as much as all books: an offset is walked through.
It would take a cursor, as the feed has, or a bound on `page`, and either changes the contract.
"""


@dataclass(frozen=True)
class Plan:
    """How a database answers one statement: the steps of its plan, outermost first, and how much work they were."""

    steps: list[str]
    work: int


def plans_of(shelf: Shelf, case: Case) -> list[Plan]:
    """Ask for a case, and return the plan of each statement that it sent; the work is in steps or blocks."""
    with shelf.app.app_context():
        # What a new connection reads for itself is no part of it.
        case.ask(shelf)
    with shelf.app.app_context(), _recording() as statements:
        case.ask(shelf)
    with shelf.app.app_context():
        connection = db.engine.raw_connection()
        try:
            driver: Any = connection.driver_connection
            explain = _explain_sqlite if isinstance(driver, sqlite3.Connection) else _explain_postgresql
            return [explain(driver, *each) for each in statements]
        finally:
            connection.close()


@contextmanager
def _recording() -> Iterator[list[tuple[str, Any]]]:
    """Have the driver note each statement that reads, with its values."""
    statements: list[tuple[str, Any]] = []

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> "Cursor":
            statements.append((query, params))
            return super().execute(query, params, **options)

    def begin(connection: Any, _record: Any, _proxy: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            # The driver writes the values into the text, and what its extensions ask in a comment.
            connection.set_trace_callback(lambda text: statements.append((text, None)))
        else:
            connection.cursor_factory = Cursor

    def end(connection: Any, _record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(None)
        elif connection is not None:
            connection.cursor_factory = psycopg.Cursor

    reads: list[tuple[str, Any]] = []
    engine = db.engine
    event.listen(engine, "checkout", begin)
    event.listen(engine, "checkin", end)
    try:
        yield reads
    finally:
        event.remove(engine, "checkout", begin)
        # Flask gives the connection back at the end of its context, which is later.
        reads += [each for each in statements if str(each[0]).startswith(("SELECT", "WITH"))]


def _explain_sqlite(connection: sqlite3.Connection, statement: str, _values: Any) -> Plan:
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1

    steps = [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    connection.set_progress_handler(look, STEPS)
    connection.execute(statement).fetchall()
    connection.set_progress_handler(None, STEPS)
    return Plan(steps, looks * STEPS)


def _explain_postgresql(connection: psycopg.Connection[Any], statement: str, values: Any) -> Plan:
    cursor = psycopg.ClientCursor(connection)
    cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}".encode(), values)
    found = cursor.fetchone()
    connection.rollback()
    assert found is not None
    plan = found[0][0]["Plan"]
    return Plan(list(_steps(plan)), plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def _steps(node: dict[str, Any]) -> Iterator[str]:
    backward = " backward" if node.get("Scan Direction") == "Backward" else ""
    where = f" using {node['Index Name']}" if "Index Name" in node else ""
    of = f" on {node['Relation Name']}" if "Relation Name" in node else ""
    yield f"{node['Node Type']}{backward}{where}{of}"
    for below in node.get("Plans", ()):
        yield from _steps(below)


def page(plans: dict[str, dict[str, list[Plan]]]) -> str:
    """Write the page, of the plans by case and store."""
    lines = [HEAD.format(books=BOOKS)]
    for grows in (False, True):
        lines += [GROWING] if grows else []
        lines += [f"| request | {' | '.join(STORES.values())} |{' why |' if grows else ''}"]
        lines += ["|---|---|---|" + ("---|" if grows else "")]
        for case in READS:
            if bool(case.grows) == grows:
                cells = [_cell(plans[case.title][store]) for store in STORES]
                lines.append(f"| {' | '.join([case.title, *cells, *([case.grows] if grows else [])])} |")
    return "\n".join(lines) + "\n"


def _cell(plans: list[Plan]) -> str:
    return "<br>".join(f"`{step}`" for plan in plans for step in plan.steps)


def main(arguments: list[str] | None = None) -> int:
    """Write the page; a mistake in the set-up is one line and exit status 2."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.query_plans", description=__doc__)
    parser.add_argument(
        "--server", default="postgresql://postgres@127.0.0.1:5432/postgres", help="a PostgreSQL (default: %(default)s)"
    )
    asked = parser.parse_args(arguments)
    found: dict[str, dict[str, list[Plan]]] = {case.title: {} for case in READS}
    try:
        for store in STORES:
            with TemporaryDirectory(prefix="plans-") as folder, filled(store, asked.server, Path(folder), BOOKS) as app:
                for case in READS:
                    found[case.title][store] = plans_of(Shelf(app, BOOKS, count()), case)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    PAGE.write_text(page(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
