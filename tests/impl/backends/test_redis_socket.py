"""Redis on a Unix socket: `REDIS_URL=unix://...` serves limits and cache as a port does."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import redis

from tests.services.private import MissingProgram, find_program

from ..people import unused_name
from ..reference_server import PATIENCE, Server, serving
from ..wire import Client


@pytest.fixture(name="socket")
def _socket() -> Iterator[Path]:
    """A Redis that listens on a socket and on no port; the path is short, as sockets need it."""
    try:
        program = find_program("redis-server")
    except MissingProgram as missing:
        pytest.skip(str(missing))
    with TemporaryDirectory(prefix="redis-") as folder:
        path = Path(folder) / "redis.sock"
        command = [program, "--port", "0", "--unixsocket", str(path), "--dir", folder, "--save", ""]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_until_open(path)
            yield path
        finally:
            process.kill()
            process.wait(10)


def _wait_until_open(path: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(redis.RedisError), redis.Redis(unix_socket_path=str(path)) as client:
            client.ping()
            return
        time.sleep(0.05)
    raise AssertionError("redis-server did not start")


def test_limits_and_cache_are_on_the_socket(socket: Path, tmp_path: Path) -> None:
    """Requests are counted and answers kept in that Redis, and health finds both well."""
    with serving(tmp_path, REDIS_URL=f"unix://{socket}?db=3") as server:
        answers = _read_twice(server)
        health = Client(server.port).ask("GET", "/api/health").json()
    with redis.Redis(unix_socket_path=str(socket), db=3) as client:
        keys = client.keys("*")

    assert answers == [("bookplate; fwd=uri-miss", 19), ("bookplate; hit", 18)]
    assert health["components"] == {"database": "ok", "limiter": "ok", "cache": "ok"}
    assert any(key.startswith(b"bookplate:cache:") for key in keys)
    assert any(b"bookplate/lists/" in key for key in keys)


def _read_twice(server: Server) -> list[tuple[str | None, int]]:
    target, client = f"/api/books?author={unused_name('author')}", Client(server.port)
    answers = [client.ask("GET", target) for _ in range(2)]
    return [(answer.header("Cache-Status"), answer.remaining("lists")) for answer in answers]
