"""A process that tests start is waited for until it listens, and ended also where it does not end when it is asked to."""

import subprocess
import sys

import pytest

from bookplate.target.instance import free_port

from .processes import end, wait_until_open

STAYS = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
)
GOES = "import time; print('up', flush=True); time.sleep(60)"
LISTENS = "import socket, sys, time; server = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"


@pytest.mark.parametrize("script", [GOES, STAYS])
def test_a_process_is_ended(script: str) -> None:
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()

        end(process, seconds=0.3)

        assert process.poll() is not None


def test_a_process_is_waited_for_until_it_listens() -> None:
    port = free_port()
    with subprocess.Popen([sys.executable, "-c", LISTENS, str(port)]) as process:
        wait_until_open(port, process, seconds=30)

        end(process, seconds=10)


@pytest.mark.parametrize(("script", "seconds"), [("", 30), (GOES, 0.3)])
def test_a_process_that_does_not_listen_is_an_error(script: str, seconds: float) -> None:
    port = free_port()
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.DEVNULL) as process:
        with pytest.raises(RuntimeError, match=f"did not open port {port}"):
            wait_until_open(port, process, seconds)

        end(process, seconds=10)
