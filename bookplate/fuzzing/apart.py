"""The campaign in a process of its own: it is half of a run, and uses an instance that nothing else does."""

import multiprocessing
import time
from collections.abc import Callable
from typing import Any

from ..laws.generated import FuzzingResult
from ..target.config import SetUpError

Progress = Callable[[str, int], None]
EVERY = 1.0  # seconds between words of progress: nobody may be listening yet, and a full pipe would stop the work


class Apart:
    """Work that goes on until its result is asked for."""

    def __init__(self, work: Callable[[Progress], FuzzingResult]) -> None:
        context = multiprocessing.get_context("fork")
        self.receiver, sender = context.Pipe(duplex=False)
        self.process = context.Process(target=deliver, args=(work, sender), daemon=True)
        self.process.start()
        sender.close()

    def result(self, progress: Progress) -> FuzzingResult:
        """Wait for the result; raise SetUpError where the work could not go on."""
        while True:
            try:
                told = self.receiver.recv()
            except EOFError as problem:
                raise SetUpError("the campaign's process ended before its work: see what it said above") from problem
            if isinstance(told, FuzzingResult):
                return told
            if isinstance(told, SetUpError):
                raise told
            progress(*told)

    def stop(self) -> None:
        """End the work at once; it has started nothing that would outlive it."""
        # Python drops a KeyboardInterrupt raised while a fork is still being set up: SIGTERM, which a command
        # turns into one, could go unheard.
        self.process.kill()
        self.process.join()


def is_possible() -> bool:
    return "fork" in multiprocessing.get_all_start_methods()


def deliver(work: Callable[[Progress], FuzzingResult], sender: Any) -> None:
    """Do the work, and send what comes of it."""
    last = 0.0

    def progress(what: str, count: int) -> None:
        nonlocal last
        if time.monotonic() - last > EVERY:
            last = time.monotonic()
            sender.send((what, count))

    try:
        sender.send(work(progress))
    except SetUpError as problem:
        sender.send(problem)
    except KeyboardInterrupt:
        return
