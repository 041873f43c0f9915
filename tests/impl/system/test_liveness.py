"""Liveness answers from the event loop, whatever hangs: an orchestrator restarts what does not answer."""

import time
from pathlib import Path
from statistics import median

import pytest

from ..hanging import full_pipe, service_on_everything
from ..wire import Client

ASKED = 10
# What is promised is 100 ms on a machine that has nothing else to do; what hung took more than ten seconds.
QUICK = 5.0


def test_liveness_answers_while_everything_else_hangs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """PostgreSQL, Redis, every thread and the reader of the log hang; liveness is 200 at once, each time."""
    with full_pipe() as (_, stdout), service_on_everything(tmp_path, stdout, STOP_SECONDS="1") as service:
        client, seconds = Client(service.server.port), list[float]()
        with service.everything_hanging():
            # A limiter that has given up on Redis is another case than one that still waits for it.
            for pause in (0.0, 1.0):
                time.sleep(pause)
                for _ in range(ASKED):
                    started = time.monotonic()
                    assert client.ask("GET", "/api/health/live").status == 200
                    seconds.append(time.monotonic() - started)
    with capsys.disabled():
        print(
            f"\nliveness while everything else hangs: {len(seconds)} answers, "
            f"median {median(seconds) * 1000:.0f} ms, slowest {max(seconds) * 1000:.0f} ms"
        )

    assert max(seconds) < QUICK
