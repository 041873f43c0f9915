"""PostgreSQL, Redis and replicas of two workers each, with nginx in front of them, all of them private."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread

from tests.impl.redis_process import RedisProcess

from ...processes import end, wait_until_open
from ..private import PostgreSQL, find_program
from ..replicas import nginx
from .service import PATIENCE, Answer, Client, environment, free_port, migrate

SECONDS_TO_END = 20.0
NO_SETTINGS: Mapping[str, str] = {}


class Replica:
    """
    A server of the reference on a port of its own, which can be stopped, killed with its workers and started again.

    `settings` are the variables that it is started with.
    """

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.port = free_port()
        self._folder, self.settings = folder, variables | {"PORT": str(self.port)}
        self.start()

    @property
    def client(self) -> Client:
        """Somebody without a token."""
        return Client(self.port)

    def start(self) -> None:
        """Start it, and wait until it listens; it leads a group of processes."""
        with (self._folder / f"replica-{self.port}.log").open("ab") as log:
            command = [sys.executable, "-m", "impl"]
            self.process = subprocess.Popen(
                command, cwd=self._folder, env=self.settings, stdout=log, stderr=log, start_new_session=True
            )
        wait_until_open(self.port, self.process, PATIENCE)

    def stop(self) -> int:
        """Stop it in order, and return its exit code."""
        end(self.process, SECONDS_TO_END)
        return int(self.process.returncode)

    def kill(self) -> None:
        """End it and its workers at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(SECONDS_TO_END)

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None


@dataclass
class Stack:
    """All that runs; `port` is that of nginx, or of the first replica where nothing stands in front."""

    postgresql: PostgreSQL
    redis: RedisProcess
    replicas: list[Replica]
    port: int

    def stored_titles(self) -> list[str]:
        """Return the titles of all books that are stored, one for each row."""
        return [title for (title,) in self.postgresql.execute("SELECT title FROM books", "service")]


@contextmanager
def standing(
    folder: Path, replicas: int = 2, settings: Mapping[str, str] = NO_SETTINGS, *, is_fronted: bool = True
) -> Iterator[Stack]:
    """
    Start everything, and stop what still runs at the end. Settings are those of the replicas.

    Raises MissingProgram.
    """
    (folder / "redis").mkdir()
    with ExitStack() as running:
        postgresql = PostgreSQL(folder)
        postgresql.start()
        running.callback(postgresql.stop)
        redis = RedisProcess(find_program("redis-server"), folder / "redis")
        running.callback(redis.kill)
        postgresql.execute("CREATE DATABASE service")
        known = {"REDIS_URL": redis.url, "WORKERS": "2", "TRUSTED_PROXIES": "127.0.0.1", "LOG_LEVEL": "WARNING"}
        variables = environment(folder, f"{postgresql.address}/service", **{**known, **settings})
        migrate(variables)
        started: list[Replica] = []
        running.callback(stop_all, started)
        for _ in range(replicas):
            started.append(Replica(folder, variables))
        port = started[0].port
        if is_fronted:
            port = free_port()
            running.enter_context(nginx(folder, port, [each.port for each in started]))
        yield Stack(postgresql, redis, started, port)


def stop_all(replicas: Sequence[Replica]) -> None:
    for replica in replicas:
        if replica.is_running:
            replica.stop()


@dataclass
class Paced:
    """Sends requests at a steady rate, whatever becomes of the ones before, while the block runs."""

    send: Callable[[int], Answer]
    rate: int  # requests a second
    senders: int = 40
    answers: list[Answer] = field(default_factory=list)

    def __enter__(self) -> "Paced":
        self._began, self._is_over, self._lock, self._sent = time.monotonic(), False, Lock(), 0
        self._threads = [Thread(target=self._send_in_turn) for _ in range(self.senders)]
        for thread in self._threads:
            thread.start()
        return self

    def _send_in_turn(self) -> None:
        while not self._is_over:
            with self._lock:
                number, self._sent = self._sent, self._sent + 1
            pause = self._began + number / self.rate - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            self.answers.append(self.send(number))

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        for thread in self._threads:
            thread.join()
        self.seconds = time.monotonic() - self._began
