"""Processes killed, alone and all at once, and drained: what was acknowledged holds, and a request repeated is done once."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg

from ..private import children
from .row import Row, Scenario
from .service import NO_ANSWER, Answer, Client, counted
from .stack import Replica, Stack, standing

KILLS, KILLS_OF_ALL = 6, 10
WRITERS = 6
TRIES = 40
IN_FLIGHT = 5


class Repeating:
    """Writers that give each book a key (Idempotency-Key), and repeat a request until it is answered."""

    def __init__(self, client: Client, mark: str) -> None:
        self.client, self.mark = client, mark
        self.written: dict[str, list[Answer]] = {}
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]

    def _write(self, writer: int) -> None:
        number = 0
        while not self._is_over.is_set():
            number += 1
            title = f"{self.mark} {writer} {number}"
            answers: list[Answer] = []
            self.written[title] = answers
            for _ in range(TRIES):
                if self._is_over.is_set() and answers:
                    break
                content = {"title": title, "author": "Somebody", "price": "9.99"}
                answers.append(self.client.ask("POST", "/api/books", content, Idempotency_Key=title.replace(" ", "-")))
                if answers[-1].status == 201:
                    break
                time.sleep(0.1)

    def __enter__(self) -> "Repeating":
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Let no writer begin another book."""
        self._is_over.set()

    def __exit__(self, *_: object) -> None:
        self.stop()
        for thread in self._threads:
            thread.join()

    @property
    def answers(self) -> list[Answer]:
        return [answer for answers in self.written.values() for answer in answers]

    @property
    def acknowledged(self) -> set[str]:
        return {title for title, answers in self.written.items() if answers and answers[-1].status == 201}


def found(writers: Repeating, stack: Stack) -> tuple[str, bool]:
    """Say what was sent, acknowledged, lost and done twice; whether nothing was lost or done twice, and something sent."""
    stored = Counter(title for title in stack.stored_titles() if title.startswith(writers.mark))
    lost = writers.acknowledged - stored.keys()
    twice = [title for title, rows in stored.items() if rows > 1]
    repeated = sum(len(answers) > 1 for answers in writers.written.values())
    seen = (
        f"{len(writers.answers)} requests: {counted(writers.answers)}; {len(writers.acknowledged)} writes acknowledged, "
        f"{repeated} of them sent more than once; {len(lost)} lost, {len(twice)} done twice"
    )
    return seen, bool(writers.acknowledged) and not lost and not twice


def worker_killed(folder: Path) -> Iterator[Row]:
    """Kill a worker under writes, several times; its supervisor starts another."""
    with standing(folder, replicas=1, is_fronted=False) as stack:
        user = stack.replicas[0].client.signed_in()
        with Repeating(user, "worker") as writers:
            for _ in range(KILLS):
                time.sleep(1)
                kill_a_worker(stack.replicas[0])
        recovered = seconds_until_answered(user)
        seen, holds = found(writers, stack)
        unanswered = sum(answer.status == NO_ANSWER for answer in writers.answers)
        yield Row(
            f"F05 a worker killed, {KILLS} times", f"{seen}; well after {recovered:.1f} s", "none lost or twice", holds
        )
        yield Row("control: F05, requests that a kill left without an answer", str(unanswered), "some", unanswered > 0)


def kill_a_worker(replica: Replica) -> None:
    """Kill the youngest worker; where none runs, the supervisor is just about to start one."""
    deadline = time.monotonic() + 10
    while not (workers := children(replica.process.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    with suppress(ProcessLookupError):
        os.kill(max(workers), signal.SIGKILL)


def seconds_until_answered(user: Client) -> float:
    """Ask for the list until it is answered 200; return how long that took, at most 20 seconds."""
    began = time.monotonic()
    while time.monotonic() - began < 20:
        if user.ask("GET", "/api/books?nocache=true").status == 200:
            break
        time.sleep(0.05)
    return time.monotonic() - began


def everything_killed(folder: Path) -> Iterator[Row]:
    """Kill the service and its workers, PostgreSQL and Redis at once under writes, and start them again, ten times."""
    with standing(folder, replicas=1, is_fronted=False) as stack:
        replica = stack.replicas[0]
        ended: list[Client] = []
        slowest, first = 0.0, replica.client.signed_in()
        writers = Repeating(first, "all")
        with writers:
            for _ in range(KILLS_OF_ALL):
                time.sleep(0.7)
                ended.append(logged_out(replica.client))
                kill_all(stack)
                stack.redis.start()
                stack.postgresql.start()
                stack.postgresql.connect().close()
                replica.start()
                slowest = max(slowest, seconds_until_answered(first))
        seen, holds = found(writers, stack)
        name = f"F07 everything killed, {KILLS_OF_ALL} times"
        yield Row(name, f"{seen}; well after {slowest:.1f} s at most", "none lost or twice", holds)
        statuses = [client.ask("GET", "/api/users/me").status for client in ended]
        alive = statuses.count(200)
        yield Row(
            "F03, F07 sessions that were ended before", f"{len(ended)} ended, {alive} alive", "none alive", alive == 0
        )


def logged_out(client: Client) -> Client:
    """Sign in and out again; return the client with the token that has ended."""
    user = client.signed_in()
    ended = user.ask("POST", "/api/auth/logout")
    assert ended.status == 204, ended
    return user


def kill_all(stack: Stack) -> None:
    stack.replicas[0].kill()
    stack.postgresql.crash()
    stack.redis.kill()


def unsafe_store(folder: Path) -> Iterator[Row]:
    """Kill everything once where PostgreSQL acknowledges what it has not written."""
    with standing(folder, replicas=1, is_fronted=False) as stack:
        stack.postgresql.execute("ALTER SYSTEM SET synchronous_commit = off")
        stack.postgresql.execute("SELECT pg_reload_conf()")
        user = stack.replicas[0].client.signed_in()
        stack.postgresql.freeze_log_writer()
        with Repeating(user, "unsafe") as writers:
            time.sleep(3)
            kill_all(stack)
            writers.stop()
        stack.redis.start()
        stack.postgresql.start()
        lost = writers.acknowledged - {*stack.stored_titles()}
        seen = f"{len(writers.acknowledged)} writes acknowledged, {len(lost)} lost"
        yield Row("control: F07 with synchronous_commit = off", seen, "some lost", bool(lost))


def revoked_without_redis(folder: Path) -> Iterator[Row]:
    """End sessions, and take Redis away: no token of theirs lives again, and others do."""
    with standing(folder, replicas=1, is_fronted=False) as stack:
        client = stack.replicas[0].client
        living, ended = client.signed_in(), [logged_out(client) for _ in range(5)]
        stack.redis.kill()
        without = [each.ask("GET", "/api/users/me").status for each in ended]
        alive = living.ask("GET", "/api/users/me").status
        stack.redis.start()
        again = [each.ask("GET", "/api/users/me").status for each in ended]
        seen = (
            f"5 ended sessions: {counted_statuses(without)} without Redis, {counted_statuses(again)} with an empty one"
        )
        yield Row("F03 Redis killed after log-outs", seen, "401 in each", {*without, *again} == {401})
        yield Row("control: F03, a living session without Redis", str(alive), "200", alive == 200)


def counted_statuses(statuses: list[int]) -> str:
    return ", ".join(f"{count} x {status}" for status, count in sorted(Counter(statuses).items()))


def drained(folder: Path) -> Iterator[Row]:
    """Stop a server while requests wait for locks; they are answered, and nothing new is taken."""
    with standing(folder, 1, {"REQUEST_TIMEOUT": "8", "WORKERS": "1"}, is_fronted=False) as stack:
        yield in_flight(stack, is_drained=True)
        stack.replicas[0].start()
        yield in_flight(stack, is_drained=False)


def in_flight(stack: Stack, *, is_drained: bool) -> Row:
    """Hold the rows of books that are being changed, end the server, and let the rows go."""
    replica = stack.replicas[0]
    user = replica.client.signed_in()
    books = [
        user.ask("POST", "/api/books", {"title": f"Flight {number}", "author": "Somebody", "price": "9.99"})
        for number in range(IN_FLIGHT)
    ]
    ids = [book.content["id"] for book in books]
    with psycopg.connect(f"{stack.postgresql.address}/service") as holder, ThreadPoolExecutor(IN_FLIGHT + 1) as pool:
        holder.execute("SELECT FROM books WHERE id = ANY(%s) FOR UPDATE", [ids])
        changes = [
            pool.submit(user.ask, "PATCH", f"/api/books/{number}", {"title": "Landed"}, If_Match=book.fields["etag"])
            for number, book in zip(ids, books, strict=True)
        ]
        time.sleep(1)
        stopping = pool.submit(replica.stop if is_drained else replica.kill)
        time.sleep(0.5)
        health = user.ask("GET", "/api/health").status
        holder.rollback()
        answers = [change.result() for change in changes]
        code = stopping.result()
    landed = stack.stored_titles().count("Landed")
    seen = f"{IN_FLIGHT} requests in flight: {counted(answers)}; health meanwhile {health or 'none'}; exit {code}"
    if not is_drained:
        unanswered = sum(answer.status == NO_ANSWER for answer in answers)
        return Row("control: F06 killed with requests in flight", seen, "some get no answer", unanswered > 0)
    holds = all(answer.status == 200 for answer in answers) and landed == IN_FLIGHT and health != 200 and code == 0
    return Row("F06 stopped with requests in flight", seen, "each 200, health not 200, exit 0", holds)


SCENARIOS: tuple[Scenario, ...] = (worker_killed, everything_killed, unsafe_store, revoked_without_redis, drained)
QUICK = (revoked_without_redis, drained)
