"""Private services: a PostgreSQL and a Redis of this run's own, on free ports and in a folder that goes with it."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from bookplate.target.instance import free_port

from ..processes import end, wait_until_open

DEADLINE = 30
PLACES = ["/usr/local/bin", *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
REMEDY = {
    "initdb": "install PostgreSQL (Debian: apt-get install postgresql)",
    "postgres": "install PostgreSQL (Debian: apt-get install postgresql)",
    "pg_dump": "install PostgreSQL (Debian: apt-get install postgresql)",
    "pg_restore": "install PostgreSQL (Debian: apt-get install postgresql)",
    "redis-server": "install Redis (Debian: apt-get install redis-server)",
    "sqlite3": "install the command line of SQLite (Debian: apt-get install sqlite3)",
}


class MissingProgram(Exception):
    """A program that the services need is not installed; the message says how to get it."""


def find_program(name: str) -> str:
    """
    Return the path of a program.

    Raises MissingProgram.
    """
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *PLACES]))
    if found is None:
        raise MissingProgram(f"{name} is not installed: {REMEDY[name]}")
    return found


class PostgreSQL:
    """A PostgreSQL on a free port, which can be frozen, and stopped as a crash would."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """
        Make its data in a folder.

        Raises MissingProgram.
        """
        self._data, self._user = folder / "postgresql", _unprivileged()
        self._data.mkdir()
        if self._user:
            folder.chmod(0o755)
            shutil.chown(self._data, self._user)
        self.port = free_port()
        self.address = f"postgresql://bookplate@127.0.0.1:{self.port}"
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._data),
            "max_connections": "200",
        } | settings
        options = ["-U", "bookplate", "-A", "trust", "-E", "UTF8", "--no-sync"]
        command = [find_program("initdb"), "-D", str(self._data), *options]
        subprocess.run(command, user=self._user, check=True, stdout=subprocess.DEVNULL, cwd=self._data)

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        command = [find_program("postgres"), "-D", str(self._data), *options]
        with (self._data / "service.log").open("ab") as log:
            self._process = subprocess.Popen(command, user=self._user, cwd=self._data, stdout=log, stderr=log)
        wait_until_open(self.port, self._process, DEADLINE)

    def stop(self) -> None:
        """Stop it in order; where it still runs after a while, it is killed."""
        self.thaw()
        # Its fast shutdown does not wait for clients.
        end(self._process, DEADLINE, signal.SIGINT)

    def crash(self) -> None:
        """Stop it without a checkpoint: the next start recovers from the log."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(DEADLINE)

    def freeze(self) -> None:
        """Let every process of it stand still, while its connections stay open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def freeze_log_writer(self) -> None:
        """Let the log of what is acknowledged before it is written stay in memory, which a crash of the machine empties."""
        for process in children(self._process.pid):
            if b"walwriter" in Path(f"/proc/{process}/cmdline").read_bytes():
                os.kill(process, signal.SIGSTOP)

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """Open a connection that commits by itself, once the server takes one."""
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                return psycopg.connect(f"{self.address}/{database}", autocommit=True)
            except psycopg.OperationalError:
                # One that listens may still be starting.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def execute(self, statement: LiteralString, database: str = "postgres") -> list[Any]:
        """Run one statement and return its rows."""
        with self.connect(database) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def log(self) -> list[str]:
        """Return the lines that it has written to its log."""
        return (self._data / "service.log").read_text(encoding="utf-8", errors="replace").splitlines()

    def _signal(self, number: signal.Signals) -> None:
        for process in [self._process.pid, *children(self._process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(process, number)


@contextmanager
def private_postgresql(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL on a free port; yield its address as `postgresql://...` without a database."""
    server = PostgreSQL(folder)
    server.start()
    try:
        yield server.address
    finally:
        server.stop()


@contextmanager
def private_redis(folder: Path) -> Iterator[str]:
    """Run a Redis on a free port that keeps nothing; yield its address as `redis://...` without a number."""
    port = free_port()
    command = [
        find_program("redis-server"),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    with _running([*command, "--databases", "64"], port, folder):
        yield f"redis://127.0.0.1:{port}"


@contextmanager
def _running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    log = (folder / "service.log").open("wb")
    process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        wait_until_open(port, process, DEADLINE)
        yield
    finally:
        end(process, DEADLINE)
        log.close()


def children(parent: int) -> list[int]:
    """Return the numbers of the processes that a process has started and that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        # A process may end while the list is read.
        with suppress(OSError):
            # The name, in parentheses, may hold anything; its state and its parent follow.
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(path.parent.name))
    return found


def _unprivileged() -> str | None:
    # PostgreSQL refuses to run as root.
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
