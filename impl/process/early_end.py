"""
The end of a process that is asked to end before it serves.

Importing the service takes a second, and a migration may take minutes. Until a server or a supervisor listens for
signals itself, nothing is open that would have to be finished: the process ends at once, with status 0 and with the
process that it waits for. Only the standard library is imported here, so that this can be the first of all.
"""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Processes:
    """The processes that this one waits for."""

    def __init__(self) -> None:
        self.running: list[subprocess.Popen[str]] = []
        self.is_starting_one = False
        self.shall_end = False


_processes = _Processes()


def end_at_once_on_signals() -> None:
    """Have this process end with status 0 when it is asked to, until something else takes the signals over."""
    for each in SIGNALS:
        signal.signal(each, _end)


def run_ended_with_us(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a process that ends when this one is asked to; return its status and what it wrote on standard output."""
    # A signal that comes before the process is known waits until it is.
    _processes.is_starting_one = True
    try:
        # In a group of its own, since a terminal signals whole groups: this process ends it, without a traceback.
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, process_group=0)
        _processes.running.append(process)
    finally:
        _processes.is_starting_one = False
        if _processes.shall_end:
            _end_now()
    try:
        with process:
            output, _ = process.communicate()
    except BaseException:
        process.kill()
        raise
    finally:
        _processes.running.remove(process)
    return process.returncode, output


def _end(_signal: int, _frame: FrameType | None) -> None:
    if _processes.is_starting_one:
        _processes.shall_end = True
    else:
        _end_now()


def _end_now() -> NoReturn:
    for process in _processes.running:
        process.kill()
    os._exit(0)
