"""The reference as a process of its own on a free loopback port."""

import itertools
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ..processes import end
from .wire import HOST, connect

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "openapi" / "openapi.yaml"
ORIGIN = "https://app.example.com"
OFFICE = "https://office.example.com"
PATIENCE = 90
_ports = itertools.cycle(range(20_000 + os.getpid() % 100 * 100, 20_000 + os.getpid() % 100 * 100 + 100))
Json = dict[str, Any]


@dataclass(frozen=True)
class Server:
    """A running server: where it listens and what it writes."""

    port: int
    process: subprocess.Popen[bytes]
    output: Path
    errors: Path

    @property
    def database(self) -> Path:
        """The file of an embedded database; absent where settings name another."""
        return self.output.parent / "books.db"

    def execute(self, statement: str, *values: object) -> list[Any]:
        """Run one statement beside the server, in a transaction of its own."""
        with closing(sqlite3.connect(self.database, timeout=10)) as connection, connection:
            return connection.execute(statement, values).fetchall()


def read_document() -> Json:
    """Read the contract."""
    content: Json = yaml.safe_load(DOCUMENT.read_text())
    return content


def relaxed(document: Json, factor: int = 1000) -> Json:
    """Multiply every limit, and change nothing else."""
    for policy in document["x-rate-limit"]["policies"].values():
        limit = policy["limit"]
        policy["limit"] = (
            {tier: each * factor for tier, each in limit.items()} if isinstance(limit, dict) else limit * factor
        )
    return document


def save(document: Json, folder: Path) -> Path:
    """Write a derived document; JSON is YAML too."""
    path = folder / "openapi.yaml"
    path.write_text(json.dumps(document))
    return path


def environment(folder: Path, document: Path = DOCUMENT, **settings: str | None) -> dict[str, str]:
    """Return the environment of a process whose state all lies in one folder; None takes a variable away."""
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "BOOKPLATE_ENV": "testing",
        "DATABASE_URL": f"sqlite:///{folder / 'books.db'}",
        "OPENAPI_DOCUMENT": str(document),
        "CORS_ORIGINS": ORIGIN,
        "CORS_ORIGINS_BACK_OFFICE": OFFICE,
        "HOST": HOST,
        # The machine may be busy, and no test but those of the deadlines is about time.
        "REQUEST_TIMEOUT": "10",
        **settings,
    }
    return {name: value for name, value in variables.items() if value is not None}


@cache
def _file_with_tables() -> bytes:
    """Return a SQLite file as a migration leaves it; making one takes a process and a second of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "impl.migrations"]
        subprocess.run(command, env=environment(folder), cwd=folder, check=True, timeout=60)
        return (folder / "books.db").read_bytes()


def with_tables(variables: dict[str, str]) -> dict[str, str]:
    """
    Return an environment as it is, and make the SQLite file that it names, with all tables, if it is not there.

    A server that migrates its own file finds it up to date. Tests about migrations do not ask for it.
    """
    database = variables.get("DATABASE_URL", "")
    file = Path(database.removeprefix("sqlite:///"))
    if database.startswith("sqlite:") and variables["BOOKPLATE_ENV"] == "testing" and not file.exists():
        file.write_bytes(_file_with_tables())
    return variables


def free_port() -> int:
    """Return a port that nobody listens on, of this process's own and below those that outgoing connections take."""
    for port in _ports:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) != 0:
                return port
    raise AssertionError("every port is taken")


@contextmanager
def serving(folder: Path, document: Path = DOCUMENT, **settings: str | None) -> Iterator[Server]:
    """Run a server, from ready to stopped."""
    with _running("impl", None, folder, document, settings) as server:
        yield server


@contextmanager
def serving_into(
    stdout: int | None, folder: Path, document: Path = DOCUMENT, **settings: str | None
) -> Iterator[Server]:
    """Run a server whose output goes to a descriptor, or to a file if there is none."""
    with _running("impl", stdout, folder, document, settings) as server:
        yield server


@contextmanager
def serving_with_rest(
    seconds: float, folder: Path, document: Path = DOCUMENT, **settings: str | None
) -> Iterator[Server]:
    """Run a server that leaves a service which failed alone for so many seconds."""
    with _running("tests.impl.short_rest", None, folder, document, {**settings, "REST": str(seconds)}) as server:
        yield server


@contextmanager
def _running(
    module: str, stdout: int | None, folder: Path, document: Path, settings: Mapping[str, str | None]
) -> Iterator[Server]:
    port = free_port()
    output, errors = folder / "output.log", folder / "errors.log"
    with output.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=folder,
            env=with_tables(environment(folder, document, PORT=str(port), **settings)),
            stdout=out if stdout is None else stdout,
            stderr=err,
        )
    try:
        _wait_until_it_listens(process, port, errors)
        yield Server(port, process, output, errors)
    finally:
        end(process, 10)


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, errors: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with connect(port):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the server did not start: {errors.read_text()}")
