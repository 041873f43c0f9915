"""Things that hang: processes that are stopped, a pipe that nobody reads, and a service on all of them."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.private import MissingProgram, private_postgresql

from .people import Person, new_person
from .redis_process import RedisProcess, running_redis
from .reference_server import Server, environment, read_document, relaxed, save, serving_into
from .wire import HOST, Client, compose

SECRET = "kJ8s_2Lq-Zt5vXw9YbNcRfGh3PdMeA7u"


@contextmanager
def full_pipe() -> Iterator[tuple[int, int]]:
    """Make a pipe that takes nothing more; yield the end to read from and the end to write to."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b"\n" * 65_536)
    os.set_blocking(writer, True)
    try:
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)


@contextmanager
def frozen(process: int) -> Iterator[None]:
    """Stop a process and its children; let them go on at the end."""
    processes = [process, *children_of(process)]
    for each in processes:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in processes:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGCONT)


def children_of(process: int) -> list[int]:
    """List the processes that a process started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == process:
                found.append(int(folder.name))
    return found


def workers_of(process: int) -> list[int]:
    """List the processes that serve for a supervisor; multiprocessing has one more that only tracks resources."""
    found = []
    for each in children_of(process):
        # One that has just ended has no command any more.
        with suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes():
                found.append(each)
    return found


@dataclass(frozen=True)
class Service:
    """A server with everything that it stands on, and a person who is signed in."""

    server: Server
    redis: RedisProcess
    postgresql: int
    person: Person

    @contextmanager
    def everything_hanging(self) -> Iterator[None]:
        """Freeze PostgreSQL and Redis, and have more requests wait than there are threads of any kind."""
        with ExitStack() as stack:
            stack.enter_context(frozen(self.postgresql))
            stack.enter_context(frozen(self.redis.process.pid))
            for request in self._blocking_requests() * 20:
                connection = stack.enter_context(socket.create_connection((HOST, self.server.port), timeout=10))
                connection.sendall(request)
            yield

    def _blocking_requests(self) -> list[bytes]:
        token = f"Authorization: Bearer {self.person.client.token}"
        json = "Content-Type: application/json"
        log_in = b'{"email": "nobody@example.com", "password": "no password at all"}'
        return [
            compose("GET", "/api/users/me", token),
            compose("GET", "/api/books"),
            compose("POST", "/api/auth/refresh", json, body=b'{"refresh_token": "%b"}' % (b"x" * 43)),
            compose("POST", "/api/auth/login", json, body=log_in),
            compose("GET", "/api/health"),
        ]


@contextmanager
def service_on_everything(folder: Path, stdout: int, **settings: str) -> Iterator[Service]:
    """Run a server on a PostgreSQL and a Redis of its own; its output goes to a descriptor."""
    with ExitStack() as stack:
        # PostgreSQL runs as another user than root, who may not look into pytest's own folders.
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bookplate-")))
        try:
            address = stack.enter_context(private_postgresql(data))
        except MissingProgram as missing:
            pytest.skip(str(missing))
        redis = stack.enter_context(running_redis(folder))
        document = save(relaxed(read_document()), folder)
        known = {"DATABASE_URL": f"{address}/postgres", "REDIS_URL": redis.url, "SECRET_KEY": SECRET, **settings}
        command = [sys.executable, "-m", "impl.migrations"]
        subprocess.run(command, env=environment(folder, document, **known), cwd=folder, check=True, timeout=120)
        server = stack.enter_context(serving_into(stdout, folder, document, **known))
        postgresql = int((data / "postgresql" / "postmaster.pid").read_text().split()[0])
        yield Service(server, redis, postgresql, new_person(Client(server.port)))
