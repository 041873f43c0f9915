"""Private services: a PostgreSQL and a Redis of this run's own, on free ports and in a folder that goes with it."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

DEADLINE = 30
PLACES = ["/usr/local/bin", *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
REMEDY = {
    "initdb": "install PostgreSQL (Debian: apt-get install postgresql)",
    "postgres": "install PostgreSQL (Debian: apt-get install postgresql)",
    "redis-server": "install Redis (Debian: apt-get install redis-server)",
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


@contextmanager
def private_postgresql(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL on a free port; yield its address as `postgresql://...` without a database."""
    initdb, postgres = find_program("initdb"), find_program("postgres")
    data, port, user = folder / "postgresql", _free_port(), _unprivileged()
    data.mkdir()
    if user:
        folder.chmod(0o755)
        shutil.chown(data, user)
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(data),
        "max_connections": "200",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    subprocess.run([initdb, "-D", data, "-U", "bookplate", "-A", "trust", "-E", "UTF8", "--no-sync"], user=user, check=True,
                   stdout=subprocess.DEVNULL, cwd=data)  # fmt: skip
    with _running([postgres, "-D", str(data), *options], port, user, data):
        yield f"postgresql://bookplate@127.0.0.1:{port}"


@contextmanager
def private_redis(folder: Path) -> Iterator[str]:
    """Run a Redis on a free port that keeps nothing; yield its address as `redis://...` without a number."""
    port = _free_port()
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
    with _running([*command, "--databases", "64"], port, None, folder):
        yield f"redis://127.0.0.1:{port}"


@contextmanager
def _running(command: list[str], port: int, user: str | None, folder: Path) -> Iterator[None]:
    log = (folder / "service.log").open("wb")
    process = subprocess.Popen(command, user=user, cwd=folder, stdout=log, stderr=log)
    try:
        _wait_until_open(port, process)
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(DEADLINE)
        log.close()


def _wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not open port {port}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged() -> str | None:
    # PostgreSQL refuses to run as root.
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
