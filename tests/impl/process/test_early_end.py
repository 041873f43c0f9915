"""A server that is asked to end before it serves ends at once, with status 0, and leaves no process behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from ..commands import finish, start_python
from ..hanging import children_of, workers_of
from ..redis_process import running_redis
from ..reference_server import PATIENCE, free_port


def wait_until(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def read_until(process: "subprocess.Popen[str]", words: str) -> None:
    """Read what a process writes on standard error until words come up."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"it ended with {process.wait()} and did not say {words!r}")


def is_there(process: int) -> bool:
    """Tell whether a process runs; one that has ended and that nobody has waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_end_during_the_imports(asked: signal.Signals, tmp_path: Path) -> None:
    """The imports take a second, and a signal in it ends the process with status 0 and without a traceback."""
    process = start_python(tmp_path, "-X", "importtime", "-m", "impl", PORT=str(free_port()))
    read_until(process, "werkzeug")
    process.send_signal(asked)
    done = finish(process)

    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_end_during_a_migration(asked: signal.Signals, tmp_path: Path) -> None:
    """The process that migrates for a server ends with it."""
    with FileLock(tmp_path / "books.db-migration.lock"):
        process = start_python(tmp_path, "-m", "impl", PORT=str(free_port()))
        read_until(process, "another process is migrating")
        children = children_of(process.pid)
        process.send_signal(asked)
        done = finish(process)

        assert (done.returncode, done.stderr) == (0, "")
        assert len(children) == 1
        wait_until(lambda: not any(map(is_there, children)))


def test_end_while_the_workers_start(tmp_path: Path) -> None:
    """A signal to the whole group while the workers start ends them all, with status 0."""
    with running_redis(tmp_path) as redis:
        settings = {"WORKERS": "2", "REDIS_URL": redis.url, "LOG_LEVEL": "ERROR", "PORT": str(free_port())}
        process = start_python(tmp_path, "-m", "impl", SECRET_KEY="kJ8s_2Lq-Zt5vXw9YbNcRfGh3PdMeA7u", **settings)
        wait_until(lambda: len(workers_of(process.pid)) == 2)
        workers = workers_of(process.pid)
        for each in [process.pid, *workers]:
            os.kill(each, signal.SIGTERM)
        done = finish(process)

    assert (done.returncode, done.stderr) == (0, "")
    assert not any(map(is_there, workers))
