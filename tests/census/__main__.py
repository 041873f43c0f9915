"""
`python -m tests.census`: check the reference twelve times, and tell which verdicts change and where the time goes.

Four of the runs have all cores busy, and three try the experiments in another order. It needs an idle machine, and goes on
where it ended: each run leaves a file in build/census. `--record` writes what is committed, tests/census/record.json.
"""

import argparse
import signal
import subprocess
import sys

from bookplate.faults.__main__ import git_commit

from .runs import KINDS, file_of, law_seconds, made, make, told, write

SHOWN = 15  # laws


def main(arguments: list[str]) -> int:
    """Make the runs that are missing; 1 where a verdict is not the same in all of them, 2 where one could not be made."""
    parser = argparse.ArgumentParser(prog="python -m tests.census", description=__doc__)
    parser.add_argument("--runs", type=int, default=len(KINDS), metavar="N", help="the first N of them alone")
    parser.add_argument("--record", action="store_true", help="write down what the runs say, and make none")
    given = parser.parse_args(arguments)
    if given.record:
        write(made())
        return 0
    for number in range(1, given.runs + 1):
        if not file_of(number).exists():
            try:
                run = make(number, git_commit()[:10])
            except subprocess.CalledProcessError:
                print(f"run {number} could not be made: its own message stands above", file=sys.stderr)
                return 2
            print(f"{number} of {given.runs}: {run.kind}, {run.seconds} s, {len(run.verdicts)} verdicts", flush=True)
    runs = made()
    for each in told(runs):
        for name, change in each.changed.items():
            print(f"run {each.number} ({each.kind}): {name}: {change}")
    for law, seconds in [*law_seconds(runs).items()][:SHOWN]:
        print(f"{law:<10} {seconds:6.2f} s")
    changed = {name for each in told(runs) for name in each.changed}
    print(f"{len(changed)} verdicts change in {len(runs)} runs")
    return int(bool(changed))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end, it ends what it has started
    sys.exit(main(sys.argv[1:]))
