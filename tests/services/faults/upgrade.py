"""A rolling upgrade behind nginx: the code before the newest revision of the tables, the migration, and the code of now."""

import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from impl.backends.revisions import head_revision

from .row import Row, Scenario
from .service import ROOT, Answer, Client, between, counted, migrate, unlimited_document
from .stack import Paced, standing

RATE = 100  # requests a second
READS = 0.5  # of all requests
# How long before the end of a wait for a lock a request may have begun: DATABASE_LOCK_TIMEOUT, and a little.
LONGEST_WAIT = 1.5
REVISIONS = Path("impl/migrations/versions")


def rolling_upgrade(folder: Path) -> Iterator[Row]:
    """Migrate under a load that two replicas of the old code take, and replace one after the other."""
    old = old_code(folder / "old")
    if old is None:
        yield Row(
            "F23 rolling upgrade", "not played: the history of the repository is not here", "a whole clone", False
        )
        return
    new = {"PYTHONPATH": str(ROOT), "OPENAPI_DOCUMENT": str(unlimited_document(folder))}
    with standing(folder, settings=old) as stack:
        user = Client(stack.port).signed_in()
        written: dict[str, Answer] = {}
        chance = random.Random(13)  # reads and writes in turns could each meet one replica alone

        def send(number: int) -> Answer:
            if chance.random() < READS:
                return user.ask("GET", f"/api/books?nocache=true&per_page={1 + number % 20}")
            title = f"Upgraded {number}"
            written[title] = user.ask("POST", "/api/books", {"title": title, "author": "Somebody", "price": "9.99"})
            return written[title]

        with Paced(send, RATE) as load:
            time.sleep(1)
            began = time.monotonic()
            migrate(stack.replicas[0].settings | new)
            ended = time.monotonic()
            time.sleep(1)
            for replica in stack.replicas:
                replica.stop()
                replica.settings |= new
                replica.start()
                time.sleep(1)
        stored = {*stack.stored_titles()}
        acknowledged = {title for title, answer in written.items() if answer.status == 201}
        refused = {title for title, answer in written.items() if answer.is_refusal}
        total = user.ask("GET", "/api/books?nocache=true&per_page=1").content["pagination"]["total_items"]
        health = user.ask("GET", "/api/health").status
        failed = [answer for answer in load.answers if answer.status not in (200, 201)]
        waiting = [answer for answer in between(failed, began - LONGEST_WAIT, ended) if answer.is_refusal]
        seen = (
            f"{len(between(load.answers, began, ended))} requests in {ended - began:.1f} s, {len(waiting)} writes refused; "
            f"{len(refused & stored)} of the refused are stored"
        )
        name = f"F23 upgrade to revision {head_revision()}: while it migrates"
        yield Row(name, seen, "some may be refused, and are not done", not refused & stored)
        others = len(failed) - len(waiting)
        seen = (
            f"{len(load.answers)} requests in {load.seconds:.0f} s: {counted(load.answers)}; {others} more failed; "
            f"{len(acknowledged)} writes acknowledged, {len(acknowledged - stored)} lost; afterwards {total} books of "
            f"{len(stored)}, health {health}"
        )
        holds = bool(acknowledged) and not others and acknowledged <= stored and total == len(stored) and health == 200
        yield Row("F23 upgrade: each replica replaced by the new code", seen, "no other fails, none is lost", holds)


def new_code_first(folder: Path) -> Iterator[Row]:
    """Start the code of now on the tables of the old code, which is the wrong order."""
    old = old_code(folder / "old")
    if old is None:
        return
    with standing(folder, 1, old, is_fronted=False) as stack:
        replica = stack.replicas[0]
        replica.stop()
        replica.settings |= {"PYTHONPATH": str(ROOT), "OPENAPI_DOCUMENT": str(unlimited_document(folder))}
        replica.start()
        health = replica.client.ask("GET", "/api/health").status
        yield Row("control: F23, the new code before the migration", f"health {health}", "503", health == 503)


def old_code(folder: Path) -> dict[str, str] | None:
    """Unpack the code before the newest revision; return the settings that run it, or None without its history."""
    newest = next(path for path in sorted((ROOT / REVISIONS).glob(f"{head_revision()}*.py")))
    log = ["git", "log", "--diff-filter=A", "--format=%H", "--", str(REVISIONS / newest.name)]
    added = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not added:
        return None
    folder.mkdir()
    archive = subprocess.Popen(
        ["git", "archive", f"{added[-1]}^", "impl", "openapi"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    unpacked = subprocess.run(["tar", "-x", "-C", str(folder)], stdin=archive.stdout, check=False)
    if archive.wait() or unpacked.returncode:
        return None
    document = unlimited_document(folder, folder / "openapi" / "openapi.yaml")
    return {"PYTHONPATH": str(folder), "OPENAPI_DOCUMENT": str(document)}


SCENARIOS: tuple[Scenario, ...] = (rolling_upgrade, new_code_first)
