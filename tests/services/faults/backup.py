"""Backups of both stores while books are written, restored elsewhere, and served from there."""

import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from ..private import PostgreSQL, find_program
from .row import Row, Scenario
from .service import Client, Load, Service, environment, migrate, serving

SECONDS = 3.0
# What nothing in a restored store may lack: a session without its user, a book without its owner.
ORPHANS = (
    "SELECT count(*) FROM books WHERE owner_id NOT IN (SELECT id FROM users)",
    "SELECT count(*) FROM sessions WHERE user_id NOT IN (SELECT id FROM users)",
)


def postgresql(folder: Path) -> Iterator[Row]:
    """Dump the database under writes with pg_dump, and restore it into another server."""
    folder.chmod(0o755)  # its user must be able to look into the folder
    one, other = (PostgreSQL(made(folder / name)) for name in ("one", "other"))
    for server in (one, other):
        server.start()
        server.execute("CREATE DATABASE service")
    try:
        variables = environment(folder, f"{one.address}/service")
        migrate(variables)
        dump = folder / "books.dump"
        with serving(folder, variables) as service:
            before, during, user = written_around(
                service, [find_program("pg_dump"), "--format=custom", f"--file={dump}", f"{one.address}/service"]
            )
        command = [find_program("pg_restore"), "--exit-on-error", f"--dbname={other.address}/service", str(dump)]
        subprocess.run(command, check=True, timeout=60)
        titles = {title for (title,) in other.execute("SELECT title FROM books", "service")}
        orphans = sum(other.execute(query, "service")[0][0] for query in ORPHANS)
        yield from restored("PostgreSQL", folder, f"{other.address}/service", before, during, titles, orphans, user)
    finally:
        one.stop()
        other.stop()


def sqlite(folder: Path) -> Iterator[Row]:
    """Copy the file under writes with VACUUM INTO, as docs/operations.md has it, and serve the copy."""
    original, copy = folder / "books.db", folder / "backup.db"
    variables = environment(folder, f"sqlite:///{original}")
    migrate(variables)
    with serving(folder, variables) as service:
        command = [find_program("sqlite3"), str(original), f"VACUUM INTO '{copy}'"]
        before, during, user = written_around(service, command)
    with sqlite3.connect(copy) as connection:
        titles = {title for (title,) in connection.execute("SELECT title FROM books")}
        orphans = sum(connection.execute(query).fetchone()[0] for query in ORPHANS)
        intact = connection.execute("PRAGMA integrity_check").fetchone()[0]
    yield Row("backup of SQLite: the copy", f"integrity_check says {intact}", "ok", intact == "ok")
    yield from restored("SQLite", folder, f"sqlite:///{copy}", before, during, titles, orphans, user)


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def written_around(service: Service, command: list[str]) -> tuple[set[str], set[str], Client]:
    """Run a backup while books are written; return the titles acknowledged before it began, all titles, and the writer."""
    user = service.client.signed_in()
    with Load(user) as load:
        time.sleep(SECONDS)
        before = load.titles(lambda answer: answer.status == 201)
        subprocess.run(command, check=True, timeout=60)
        time.sleep(1)
    return before, {title for title, _ in load.writes}, user


def restored(
    store: str,
    folder: Path,
    url: str,
    before: set[str],
    written: set[str],
    titles: set[str],
    orphans: int,
    user: Client,
) -> Iterator[Row]:
    """Compare what is in a restored store with what was written, and serve it."""
    lost, later = before - titles, len(titles - before)
    seen = (
        f"{len(before)} writes acknowledged before it, {len(lost)} lost; {later} of {len(written - before)} later ones in "
        f"it; {len(titles - written)} that nobody wrote, {orphans} without an owner"
    )
    holds = bool(before) and not lost and titles <= written and orphans == 0
    yield Row(f"backup of {store} under writes, restored elsewhere", seen, "none lost, none that nobody wrote", holds)
    with serving(folder, environment(folder, url)) as service:
        there = Client(service.port, user.token)
        total = there.ask("GET", "/api/books?nocache=true&per_page=1").content["pagination"]["total_items"]
        health = there.ask("GET", "/api/health").status
        added = there.ask("POST", "/api/books", {"title": "After", "author": "Somebody", "price": "9.99"}).status
    seen = f"health {health}, {total} books of {len(titles)}, a write {added}; the session of before is known"
    yield Row(f"restored {store}: served", seen, "200, all, 201", (health, total, added) == (200, len(titles), 201))


SCENARIOS: tuple[Scenario, ...] = (postgresql, sqlite)
QUICK = (sqlite,)
