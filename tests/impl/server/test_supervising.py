"""The supervisor of several workers hears signals at any time, and replaces nothing for ever."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from impl.server.supervising import SHORTEST_LIFE

from ..commands import finish, start_python
from ..hanging import workers_of
from ..reference_server import PATIENCE, free_port
from ..wire import HOST

pytestmark = pytest.mark.long

SCRIPT = """
import sys
from uvicorn import Config
from impl.server.listening import bind
from impl.settings import load_settings
from impl.server.supervising import supervise

if __name__ == "__main__":
    settings = load_settings()
    config = Config(f"factories:{sys.argv[1]}", factory=True, workers=int(sys.argv[2]), lifespan="off", log_config=None)
    sys.exit(supervise(config, settings, bind(settings.host, settings.port)))
"""
FACTORIES = """
import os, threading, time
from pathlib import Path
from impl.settings import SettingsError

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})

def healthy():
    with Path("starts").open("a") as file:
        file.write(f"{time.monotonic()}\\n")
    return app

def slow_later():
    if Path("later").exists():
        time.sleep(600)
    return healthy()

def broken():
    raise RuntimeError("this cannot be built")

def refused():
    raise SettingsError("this must be set")

def short_lived():
    threading.Timer(1, os._exit, [1]).start()
    return healthy()
"""


def wait_until(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def start(folder: Path, factory: str, workers: int = 2, port: int | None = None) -> "subprocess.Popen[str]":
    """Start a supervisor of workers that a factory makes."""
    (folder / "supervised.py").write_text(SCRIPT)
    (folder / "factories.py").write_text(FACTORIES)
    settings = {"PORT": str(port or free_port()), "STOP_SECONDS": "1"}
    return start_python(folder, "supervised.py", factory, str(workers), **settings)


@contextmanager
def supervising(folder: Path, factory: str, workers: int = 2) -> Iterator["subprocess.Popen[str]"]:
    """Run a supervisor whose workers serve."""
    port = free_port()
    process = start(folder, factory, workers, port)
    try:
        wait_until(lambda: len(starts(folder)) >= workers and can_connect(port))
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def starts(folder: Path) -> list[float]:
    """Return when workers were started."""
    path = folder / "starts"
    return [float(line) for line in path.read_text().splitlines()] if path.exists() else []


def can_connect(port: int) -> bool:
    """Tell whether somebody listens."""
    with socket.socket() as connection:
        return connection.connect_ex((HOST, port)) == 0


def end(process: "subprocess.Popen[str]") -> int:
    """Ask a supervisor to end; its workers have some seconds, and the old code took two minutes or for ever."""
    process.send_signal(signal.SIGTERM)
    return process.wait(PATIENCE)


@pytest.mark.parametrize(
    ("factory", "status", "line"), [("broken", 1, "cannot be built"), ("refused", 2, "impl: this")]
)
def test_workers_that_cannot_be_built_end_the_service(factory: str, status: int, line: str, tmp_path: Path) -> None:
    """A factory that fails in a worker ends the service with its reason and its status, instead of an endless loop."""
    done = finish(start(tmp_path, factory))

    assert done.returncode == status
    assert line in done.stderr
    assert "could not start: the service ends" in done.stderr


def test_end_is_heard_during_a_restart(tmp_path: Path) -> None:
    """SIGTERM ends the service while SIGHUP waits for a worker that does not become ready."""
    with supervising(tmp_path, "slow_later") as process:
        (tmp_path / "later").touch()
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(workers_of(process.pid)) == 3)
        assert end(process) == 0


def test_restart_replaces_each_worker(tmp_path: Path) -> None:
    """SIGHUP replaces all workers."""
    with supervising(tmp_path, "healthy") as process:
        before = set(workers_of(process.pid))
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(found := set(workers_of(process.pid))) == 2 and not found & before)
        assert end(process) == 0


@pytest.mark.nightly  # at every change a worker is killed and replaced
def test_worker_that_hangs_can_be_taken_away(tmp_path: Path) -> None:
    """SIGTTOU takes a worker away that does not end, and SIGTERM is heard meanwhile."""
    with supervising(tmp_path, "healthy") as process:
        for each in workers_of(process.pid):
            os.kill(each, signal.SIGSTOP)
        process.send_signal(signal.SIGTTOU)
        time.sleep(0.5)
        assert end(process) == 0


@pytest.mark.nightly  # it waits; that workers are replaced at all is tried at every change
def test_replacements_have_pauses(tmp_path: Path) -> None:
    """A worker that ends again and again is not replaced without a pause."""
    with supervising(tmp_path, "short_lived", 1) as process:
        wait_until(lambda: len(starts(tmp_path)) == 3)
        assert end(process) == 0
    times = starts(tmp_path)

    # A process is there for a moment before its factory runs.
    assert times[2] - times[0] > SHORTEST_LIFE
