"""
`python -m tests.matrix`: what a whole check and plain schemathesis see of faults that are drawn by a fixed seed.

It goes on where it ended: build/faults/beside.json grows with each run. `--record` writes what it and
build/faults/matrix.json have into tests/matrix/record/, from which `tox -e docs` writes docs/kill-matrix.md.
"""

import argparse
import signal
import sys
from dataclasses import replace

from bookplate.faults.__main__ import git_commit

from .beside import BUILD, NotMadeError, Task, honest_tasks, play
from .compared import Comparison
from .record import write
from .seen import BOOKPLATE, FAULTS, SCHEMATHESIS, SEED, Record, drawn, seconds_of_a_check

OUTPUT = BUILD.with_suffix(".json")


def main(arguments: list[str]) -> int:
    """Do what is asked; 0, or 1 where a run could not be made."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("--faults", type=int, default=FAULTS, metavar="N", help=f"so many of them (default {FAULTS})")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="runs at once, each on its core (default 2)")
    parser.add_argument("--record", action="store_true", help="write down what was seen, and run nothing")
    given = parser.parse_args(arguments)
    record = Record(OUTPUT)
    if given.record:
        write(record)
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end, it ends what it has started
    wanted = honest_tasks(BOOKPLATE)
    fill(record, wanted, given.jobs)
    if any(task.key not in record.runs for task in wanted):
        return 1
    seconds = seconds_of_a_check(record)
    tools = (BOOKPLATE, SCHEMATHESIS)
    wanted = honest_tasks(SCHEMATHESIS, seconds)
    wanted += [Task(tool, name, SEED, seconds) for name in drawn(given.faults) for tool in tools]
    fill(record, wanted, given.jobs)
    for line in Comparison([*record.runs.values()]).lines():
        print(line)
    return int(any(task.key not in record.runs for task in wanted))


def fill(record: Record, tasks: list[Task], jobs: int) -> None:
    """Make the runs that the record lacks, and tell each; what could not be made is tried again another time."""
    commit = git_commit()[:10]
    for run in play([task for task in tasks if task.key not in record.runs], jobs):
        if isinstance(run, NotMadeError):
            print(f"not made: {run}", file=sys.stderr, flush=True)
            continue
        record.add(replace(run, commit=commit))
        found = ", ".join(sorted({each.what for each in run.found})) or "nothing"
        print(f"{run.tool:<12} {run.fault or 'no fault':<60} {run.seconds:>6} s  {found}", *run.trouble, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
