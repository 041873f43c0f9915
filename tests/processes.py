"""Processes that tests start: waiting until one listens, and ending it."""

import signal
import socket
import subprocess
import time
from contextlib import suppress


def wait_until_open(port: int, process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait until a process listens; raises RuntimeError where it ends before, or takes longer than some seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if is_open(port):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not open port {port}")


def is_open(port: int) -> bool:
    """Tell whether something listens on a port of the loopback."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def end(process: subprocess.Popen[bytes], seconds: float, how: signal.Signals = signal.SIGTERM) -> None:
    """Ask a process to end by a signal, and kill it where it still runs after some seconds."""
    process.send_signal(how)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
