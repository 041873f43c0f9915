"""The servers under measurement: their files, their processes, their core and the CPU they use."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import yaml

from .load import HOST

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "openapi" / "openapi.yaml"
AVAILABLE = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
# No run may meet a limit; that they are counted is part of the work.
FACTOR = 1_000_000
START_SECONDS = 60
ACCOUNT = {"email": "reader@example.com", "username": "reader", "password": "a password of the benchmark"}


class BenchError(Exception):
    """The bench cannot be set up; the message is one line that says what is wrong."""


@dataclass
class Answer:
    """One answer that the set-up looks at."""

    status: int
    headers: dict[str, str]
    content: bytes


@dataclass
class Server:
    """A running server."""

    name: str
    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, content: bytes | None = None
    ) -> Answer:
        """Send one request."""
        connection = HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request(method, path, content, headers or {})
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, fields, answer.read())
        finally:
            connection.close()

    def cpu_seconds(self) -> float:
        """Return the CPU time that the process and its children, living and dead, have used."""
        ticks = sum(_ticks(process) for process in _with_children(self.process.pid))
        return ticks / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Let the server run for a while; at all other times it is stopped, so that it disturbs nobody."""
        self.process.send_signal(signal.SIGCONT)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGSTOP)


def pin(place: int) -> None:
    """
    Keep this thread, and the processes that it starts from now on, on one core: the first of ours, or the second.

    Raises BenchError where there are no two.
    """
    if len(AVAILABLE) < 2:
        raise BenchError("two cores are needed, and Linux, where a process can be kept on one")
    os.sched_setaffinity(0, {AVAILABLE[place]})


def derive_document(work: Path) -> Path:
    """Write the contract with its limits multiplied, and nothing else changed."""
    raw = yaml.safe_load(DOCUMENT.read_text())
    for policy in raw["x-rate-limit"]["policies"].values():
        limit = policy["limit"]
        policy["limit"] = {tier: n * FACTOR for tier, n in limit.items()} if isinstance(limit, dict) else limit * FACTOR
    path = work / "openapi.json"
    path.write_text(json.dumps(raw))
    return path


def seed_books(work: Path, books: int) -> None:
    """Fill the reference's database with its own command, which shows its progress."""
    command = [sys.executable, "-m", "flask", "--app", "impl", "seed-db", "--books", str(books)]
    for step in ([*command[:-3], "init-db"], command):
        if subprocess.run(step, cwd=work, env=reference_environment(work), stdout=sys.stderr).returncode != 0:
            raise BenchError(f"this failed: {' '.join(step)}")


def reference_environment(work: Path, port: int = 0) -> dict[str, str]:
    """Return the environment of the reference; everything but the limits is as it comes."""
    own = {
        "BOOKPLATE_ENV": "testing",
        "DATABASE_URL": f"sqlite:///{work}/reference.db",
        "OPENAPI_DOCUMENT": str(work / "openapi.json"),
        "SECRET_KEY": "a secret of the benchmark's own, which guards nothing",
        "PORT": str(port or 8080),
    }
    return _bare_environment() | own


@contextmanager
def serve_reference(work: Path, **settings: str) -> Iterator[Server]:
    """Serve the reference as `python -m impl` does, its log in a file."""
    port = free_port()
    environment = reference_environment(work, port) | settings
    with _serve("reference", [sys.executable, "-m", "impl"], environment, work, port) as server:
        yield server


@contextmanager
def serve_peer(work: Path) -> Iterator[Server]:
    """Serve the peer as uvicorn does by itself, on a copy of the reference's rows and without an access log."""
    port = free_port()
    with sqlite3.connect(work / "reference.db") as source, sqlite3.connect(work / "peer.db") as target:
        source.backup(target)
    options = ["--host", HOST, "--port", str(port), "--no-access-log", "--log-level", "warning"]
    command = [sys.executable, "-m", "uvicorn", "benchmarks.peer_fastapi:app", *options]
    environment = _bare_environment() | {"DATABASE_URL": f"sqlite:///{work}/peer.db"}
    with _serve("FastAPI", command, environment, work, port) as server:
        yield server


@contextmanager
def _serve(name: str, command: list[str], environment: dict[str, str], work: Path, port: int) -> Iterator[Server]:
    log = work / f"{name}.log"
    pin(0)
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=work, env=environment, stdout=output, stderr=subprocess.STDOUT)
    pin(1)
    server = Server(name, port, process, log)
    try:
        _wait(server)
        yield server
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(server: Server) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and server.process.poll() is None:
        try:
            if server.ask("GET", "/api/books?per_page=1").status == 200:
                return
        except OSError:
            time.sleep(0.1)
    words = server.log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
    raise BenchError(f"{server.name} does not start: {words[-1]}")


def _bare_environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def _with_children(pid: int) -> list[int]:
    children = [int(each) for path in Path(f"/proc/{pid}/task").glob("*/children") for each in path.read_text().split()]
    return [pid, *(one for child in children for one in _with_children(child))]


def _ticks(pid: int) -> int:
    # After the name, which may hold anything: state is field 3, and the four times are fields 14 to 17.
    fields: list[Any] = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(each) for each in fields[11:15])
