"""
`python -m tests.promises [FAULT ...] [--file NAME]`: play faults of promises, and say which law sees each.

`--record NAME` writes what was seen as a try of tests/promises/tries.yaml, beside those that stand there already.
"""

import argparse
import sys

from .play import file_of, played, written
from .tries import record


def main(arguments: list[str]) -> int:
    """Play what is asked for, and print a line for each fault; 1 where a fault is missed that was caught before."""
    parser = argparse.ArgumentParser(prog="python -m tests.promises", description=__doc__)
    parser.add_argument("faults", nargs="*", metavar="FAULT", help="names of faults (default all)")
    parser.add_argument("--file", help="those of this file of tests/promises/faults alone, such as lists")
    parser.add_argument("--record", metavar="NAME", help="write what was seen as a try, such as first or now")
    asked = parser.parse_args(arguments)
    names = asked.faults or [name for name in written() if not asked.file or file_of(name).stem == asked.file]
    found = {name: law for name, law, _, _ in played(names)}
    print(f"{sum(map(bool, found.values()))} of {len(found)} caught")
    if asked.record:
        record(asked.record, found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
