"""A service is ended after its check, also one that does not end when it is asked to."""

import subprocess
import sys

import pytest

from .services import end

STAYS = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
)
GOES = "import time; print('up', flush=True); time.sleep(60)"


@pytest.mark.parametrize("script", [GOES, STAYS])
def test_a_service_is_ended(script: str) -> None:
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()

        end(process, seconds=0.3)

        assert process.poll() is not None
