"""A Redis of one test's own, which can be paused, killed and brought back."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.services.private import MissingProgram, find_program

from .reference_server import PATIENCE, free_port
from .wire import HOST


class RedisProcess:
    """One Redis; its data live in a folder, and are written there only when told."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self._command = [program, "--port", str(self.port), "--bind", HOST, "--dir", str(folder), "--save", "", "--appendonly", "no"]  # fmt: skip
        self.start()

    @property
    def url(self) -> str:
        """The address that REDIS_URL takes."""
        return f"redis://{HOST}:{self.port}/0"

    def client(self) -> Any:
        """Return a client that looks past the service."""
        return redis.Redis(host=HOST, port=self.port, socket_timeout=5)

    def start(self) -> None:
        """Start it, or bring it back after a kill with what was saved last."""
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(self._command, cwd=self.folder, stdout=quiet, stderr=quiet)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(redis.RedisError), self.client() as client:
                client.ping()
                return
            time.sleep(0.05)
        raise AssertionError("redis-server did not start")

    def pause(self) -> None:
        """Let it answer nothing, while its connections stay open."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it answer again."""
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it without a chance to save."""
        self.process.kill()
        self.process.wait(10)

    def restart(self) -> None:
        """Bring it back at once, whatever state it is in."""
        self.kill()
        self.start()


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisProcess]:
    """Run a Redis; a test without the program is skipped, and says how to get it."""
    try:
        program = find_program("redis-server")
    except MissingProgram as missing:
        pytest.skip(str(missing))
    process = RedisProcess(program, folder)
    try:
        yield process
    finally:
        process.kill()
