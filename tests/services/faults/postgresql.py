"""PostgreSQL frozen, locked, cut off, read-only, crashed and full, and a flood of log-ins on it."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from ..private import PostgreSQL
from .row import Row, Scenario
from .service import Answer, Client, Load, Service, between, counted, environment, migrate, serving, slowest

# What is promised, and what a busy machine may add to it.
LATEST, LATEST_HEALTH, ALLOWANCE = 2.0, 1.0, 0.5
FROZEN_FOR = 15
PATCHES, LOG_INS, LOG_INS_WHILE_FROZEN = 10, 150, 10
BOOK = {"title": "A book", "author": "Somebody", "price": "9.99"}


@dataclass(frozen=True)
class Stage:
    """A service in production settings on a PostgreSQL of its own."""

    postgresql: PostgreSQL
    service: Service
    user: Client

    def stored_titles(self) -> set[str]:
        """Return the titles of all books that are stored."""
        return {title for (title,) in self.postgresql.execute("SELECT title FROM books", "service")}

    def add_book(self) -> Answer:
        """Add a book."""
        return self.user.ask("POST", "/api/books", BOOK)

    def list_books(self) -> Answer:
        """List books, past the cache."""
        return self.user.ask("GET", "/api/books?nocache=true")

    def health(self) -> Answer:
        """Ask whether the service can work."""
        return self.user.ask("GET", "/api/health")

    def end_backends(self) -> int:
        """End every connection of the service, as an operator or a proxy would; return how many there were."""
        ended = self.postgresql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'service' AND pid <> pg_backend_pid()"
        )
        return len(ended)

    def seconds_until_written(self) -> float:
        """Try to add a book until that works; return how long it took, at most ten seconds."""
        began = time.monotonic()
        while self.add_book().status != 201 and time.monotonic() - began < 10:
            time.sleep(0.1)
        return time.monotonic() - began


@contextmanager
def staged(folder: Path, **settings: str) -> Iterator[Stage]:
    """Set up a PostgreSQL, its tables and the service, with one user signed in."""
    postgresql = PostgreSQL(folder, **settings)
    postgresql.start()
    try:
        postgresql.execute("CREATE DATABASE service")
        variables = environment(folder, f"{postgresql.address}/service")
        migrate(variables)
        with serving(folder, variables) as service:
            yield Stage(postgresql, service, service.client.signed_in())
    finally:
        postgresql.stop()


def frozen(stage: Stage) -> Iterator[Row]:
    """PostgreSQL stands still under load: its connections stay open, and nothing is answered."""
    name = f"PostgreSQL frozen for {FROZEN_FOR} s"
    with Load(stage.user) as load:
        time.sleep(2)
        stage.postgresql.freeze()
        # Not before: until every process stands still, some may answer.
        began = time.monotonic()
        log_ins = _log_in_at_once(stage, LOG_INS_WHILE_FROZEN)
        time.sleep(max(0, began + FROZEN_FOR - time.monotonic()))
        # A request that is sent just before the thaw may be answered as usual.
        ended = time.monotonic()
        stage.postgresql.thaw()
        recovered = stage.seconds_until_written()
        time.sleep(2)
    written = [answer for _, answer in load.writes]
    requests = between([*written, *load.reads], began, ended - LATEST)
    yield refused_in_time(f"{name}: requests", requests, LATEST)
    yield refused_in_time(f"{name}: {len(log_ins)} log-ins at once", log_ins, LATEST)
    yield refused_in_time(f"{name}: health", between(load.health, began, ended - LATEST), LATEST_HEALTH)
    yield Row(f"{name}: afterwards", f"a write after {recovered:.1f} s", "a write within 3 s", recovered < 3)
    yield true_to_its_word(f"{name}: writes", load, stage)


def locked_row(stage: Stage) -> Iterator[Row]:
    """Somebody holds the lock of one row; ten requests want to change it."""
    with ExitStack() as stack:
        wanted, other = stage.add_book(), stage.add_book()
        tag = {"If_Match": wanted.fields["etag"]}
        holder = stack.enter_context(psycopg.connect(f"{stage.postgresql.address}/service"))
        holder.execute("SELECT FROM books WHERE id = %s FOR UPDATE", [wanted.content["id"]])
        pool = stack.enter_context(ThreadPoolExecutor(PATCHES))
        target = f"/api/books/{wanted.content['id']}"
        patches = [
            pool.submit(stage.user.ask, "PATCH", target, {"title": f"Title {number}"}, **tag)
            for number in range(PATCHES)
        ]
        reads = []
        while not all(patch.done() for patch in patches):
            reads.append(stage.user.ask("GET", f"/api/books/{other.content['id']}?nocache=true"))
            time.sleep(0.05)
        yield refused_in_time("F16 locked row: changes of it", [patch.result() for patch in patches], LATEST)
        good = [read for read in reads if read.status == 200]
        seen = f"{counted(reads)}, slowest {slowest(reads):.2f} s"
        holds = bool(reads) and len(good) == len(reads) and slowest(reads) <= LATEST_HEALTH
        yield Row("F16 locked row: reads of another book meanwhile", seen, f"200 within {LATEST_HEALTH:.0f} s", holds)
        holder.rollback()
        after = stage.user.ask("PATCH", target, {"title": "Free again"}, **tag)
        yield Row("F16 locked row: released", f"a change is {after.status}", "200", after.status == 200)


def ended_backends(stage: Stage) -> Iterator[Row]:
    """Connections that wait in the pool are ended by the server."""
    reads, writes, ended = [], [], 0
    for _ in range(10):
        # Several requests at once, so that several connections are in the pool.
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda _: stage.list_books(), range(12)))
        ended += stage.end_backends()
        time.sleep(0.1)
        reads.append(stage.list_books())
        ended += stage.end_backends()
        time.sleep(0.1)
        writes.append(stage.add_book())
    seen = f"{ended} connections ended; reads {counted(reads)}; writes {counted(writes)}"
    good = all(read.status == 200 for read in reads) and all(write.status == 201 for write in writes)
    yield Row("terminated backends: the next requests", seen, "200 and 201, no 503", good and ended > 0)


def read_only(stage: Stage) -> Iterator[Row]:
    """The server only lets itself be read, as a demoted primary does."""
    stage.postgresql.execute("ALTER DATABASE service SET default_transaction_read_only = on")
    ended = stage.end_backends()
    writes = [stage.add_book() for _ in range(3)]
    reads = [stage.list_books() for _ in range(3)]
    health = stage.health()
    stage.postgresql.execute("ALTER DATABASE service SET default_transaction_read_only = off")
    yield refused_in_time("read-only database: writes", writes, LATEST)
    good = ended > 0 and all(read.status == 200 for read in reads)
    yield Row("read-only database: reads", counted(reads), "200", good)
    detail = health.content.get("detail", "")
    named = health.status == 503 and "database" in detail
    yield Row("read-only database: health", f"{health.status} {detail}", "503, names the database", named)
    again = stage.seconds_until_written()
    well = stage.health().status
    seen = f"a write after {again:.1f} s, health {well}"
    yield Row("writable again, without a restart", seen, "a write within 3 s, health 200", again < 3 and well == 200)


def crashed(stage: Stage) -> Iterator[Row]:
    """The server ends at once under writes, three times, and recovers from its log."""
    recovered = 0.0
    with Load(stage.user) as load:
        for _ in range(3):
            time.sleep(1.5)
            stage.postgresql.crash()
            time.sleep(1.5)
            stage.postgresql.start()
            # It recovers from its log first, and refuses connections until then.
            stage.postgresql.connect().close()
            recovered = max(recovered, stage.seconds_until_written())
    answers = [answer for _, answer in load.writes] + load.reads
    refused = [answer for answer in answers if answer.status == 503]
    others = [answer for answer in answers if answer.status not in (200, 201, 503)]
    seen = f"{counted(answers)}, slowest {slowest(answers):.2f} s"
    holds = bool(refused) and not others and slowest(answers) <= LATEST + ALLOWANCE
    yield Row("F04 three immediate restarts: answers", seen, "200, 201 or 503, within 2 s", holds)
    yield Row("F04 three immediate restarts: recovery", f"at most {recovered:.1f} s", "within 3 s", recovered < 3)
    yield true_to_its_word("F04 three immediate restarts: writes", load, stage)


def exhausted(folder: Path) -> Iterator[Row]:
    """Somebody else holds every connection that the server takes."""
    with staged(folder, max_connections="12", superuser_reserved_connections="0") as stage, ExitStack() as stack:
        stage.end_backends()
        held = _hold_all_connections(stage.postgresql, stack)
        answers = [stage.list_books(), stage.add_book(), stage.health()]
        yield refused_in_time(f"F16 all connections taken ({held} by others)", answers, LATEST)
        stack.close()
        again = stage.seconds_until_written()
        yield Row("F16 connections free again", f"a write after {again:.1f} s", "within 3 s", again < 3)


def flood_of_log_ins(stage: Stage) -> Iterator[Row]:
    """Many log-ins at once, each of which hashes a password, while somebody reads."""
    alone = [stage.list_books() for _ in range(10)]
    reads: list[Answer] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            reads.append(stage.list_books())
            ended.wait(0.05)

    reader = threading.Thread(target=read)
    reader.start()
    log_ins = _log_in_at_once(stage, LOG_INS)
    ended.set()
    reader.join()
    seen = (
        f"{counted(reads)}, slowest {slowest(reads):.2f} s (alone {slowest(alone):.2f} s); log-ins {counted(log_ins)}"
    )
    good = bool(reads) and all(answer.status == 200 for answer in reads) and slowest(reads) <= LATEST
    yield Row(f"F19 {LOG_INS} log-ins at once: reads meanwhile", seen, "200 within 2 s", good)
    refused = [answer for answer in log_ins if answer.status == 503]
    odd = [answer for answer in log_ins if answer.status not in (401, 503)]
    hashed = any(answer.status == 401 for answer in log_ins)
    holds = hashed and not odd and all(answer.is_refusal for answer in refused)
    seen = f"{counted(log_ins)}, slowest {slowest(log_ins):.1f} s"
    yield Row(f"F19 {LOG_INS} log-ins at once: themselves", seen, "401, or 503 with Retry-After", holds)


def on_one_server(folder: Path) -> Iterator[Row]:
    """Play what leaves the server as it was, one after the other; to set up a server takes longer than most of it."""
    with staged(folder) as stage:
        for fault in (frozen, locked_row, ended_backends, read_only, crashed, flood_of_log_ins):
            yield from fault(stage)


SCENARIOS: tuple[Scenario, ...] = (on_one_server, exhausted)


def refused_in_time(name: str, answers: Sequence[Answer], latest: float) -> Row:
    """Every request is refused in time, and with a time to come again."""
    refused = [answer for answer in answers if answer.status == 503 and "retry-after" in answer.fields]
    seen = f"{counted(answers)}, slowest {slowest(answers):.2f} s"
    without = sum(answer.status == 503 for answer in answers) - len(refused)
    if without:
        seen += f", {without} without Retry-After"
    holds = bool(refused) and len(refused) == len(answers) and slowest(answers) <= latest + ALLOWANCE
    return Row(name, seen, f"503 with Retry-After within {latest:g} s", holds)


def _log_in_at_once(stage: Stage, how_many: int) -> list[Answer]:
    """Log in as people whom nobody knows."""

    def log_in(number: int) -> Answer:
        content = {"email": f"nobody-{number}@example.com", "password": "a password that nobody has"}
        return stage.service.client.ask("POST", "/api/auth/login", content)

    with ThreadPoolExecutor(how_many) as pool:
        return list(pool.map(log_in, range(how_many)))


def true_to_its_word(name: str, load: Load, stage: Stage) -> Row:
    """What was acknowledged is stored, and what was refused is not."""
    stored = stage.stored_titles()
    acknowledged = load.titles(lambda answer: answer.status == 201)
    refused = load.titles(lambda answer: answer.is_refusal)
    unknown = load.titles(lambda answer: answer.status != 201 and not answer.is_refusal)
    lost, applied = acknowledged - stored, refused & stored
    seen = (
        f"{len(acknowledged)} acknowledged, {len(lost)} lost; {len(refused)} refused, {len(applied)} applied; "
        f"{len(unknown)} unknown"
    )
    return Row(name, seen, "none lost, none applied", bool(acknowledged and refused) and not lost and not applied)


def _hold_all_connections(postgresql: PostgreSQL, stack: ExitStack) -> int:
    held = 0
    while True:
        try:
            stack.enter_context(psycopg.connect(f"{postgresql.address}/service", connect_timeout=5))
        except psycopg.OperationalError:
            return held
        held += 1
