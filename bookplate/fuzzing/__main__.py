"""`python -m bookplate.fuzzing`: generates requests as standard input orders, and reports in lines of JSON."""

import contextlib
import json
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from ..contract.lines import DocumentError
from ..contract.seen import SeenService
from ..laws.catalogue import CatalogueError
from ..options import Options
from ..planning import plan
from ..run import Run
from ..target.config import SetUpError
from .process import from_order

EVERY = 1.0  # seconds between words of progress: nobody may be listening yet, and a full pipe would stop the work


class Reporter:
    """Writes lines of JSON to the process that gave the order."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.last = 0.0

    def write(self, **said: object) -> None:
        self.stream.write(json.dumps(said) + "\n")
        self.stream.flush()

    def progress(self, what: str, count: int) -> None:
        if time.monotonic() - self.last > EVERY:
            self.last = time.monotonic()
            self.write(progress=[what, count])


def without_the_start(options: Options, given: float) -> Options:
    """Return options whose time budget is what is left since the order was given, in seconds since the epoch."""
    if options.time_budget is None:
        return options
    return replace(options, time_budget=max(options.time_budget - (time.time() - given), 0.0))


def main() -> None:
    reporter = Reporter(sys.stdout)
    order = json.load(sys.stdin)
    # What libraries print must not stand between the lines of JSON.
    run: Run | None = None
    with contextlib.redirect_stdout(sys.stderr):
        try:
            run = replace(
                plan(without_the_start(Options(**order["options"]), order["given"])),
                progress=reporter.progress,
                files=Path(order["files"]),
                fuzzes_apart=False,
                is_generator=True,
            )
            run.learn(SeenService.from_json(order["seen"]))
            if order["left_out"] is not None:
                run.left_out.update(order["left_out"])
                run.sessions.knows_unsafe_reads = True
            run.target.adopt("fuzzing", from_order(order["instance"]))
            result = run.generation.send()
            run.cleanup.clear_away()
            reporter.write(result=replace(result, messages=run.messages.lines).as_json())
        except (SetUpError, DocumentError, CatalogueError) as problem:
            reporter.write(problem=str(problem))
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # it comes from the terminal, and from the process above
            if run is not None:
                run.cleanup.is_interrupted = True
                run.cleanup.clear_away()
            return


if __name__ == "__main__":
    main()
