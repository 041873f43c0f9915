"""
`python -m tests.promises [FAULT ...] [--file NAME] [--generated]`: play faults of promises, and say which law sees each.

`--record NAME` writes what is seen as a try of tests/promises/tries.yaml. What stands in the first one stays as it is.
"""

import argparse
import sys

from .play import file_of, play, written
from .tries import record, seen


def main(arguments: list[str]) -> int:
    """Play what is asked for, and print a line for each fault; 1 where one is missed that was found before."""
    parser = argparse.ArgumentParser(prog="python -m tests.promises", description="Play faults of promises.")
    parser.add_argument("faults", nargs="*", metavar="FAULT", help="names of faults (default all)")
    parser.add_argument("--file", help="those of this file of tests/promises/faults alone, such as lists")
    parser.add_argument("--record", metavar="NAME", help="write what is seen as a try: first, or now")
    parser.add_argument("--generated", action="store_true", help="ask laws that judge generated requests too")
    asked = parser.parse_args(arguments)
    names = asked.faults or [name for name in written() if not asked.file or file_of(name).stem == asked.file]
    found: dict[str, str] = {}
    before = seen()

    def tell(name: str, law: str) -> None:
        found[name] = law
        if asked.record:
            record(asked.record, {name: law})

    play(names, tell, generated=asked.generated)
    lost = [name for name, law in found.items() if before.get(name) and not law]
    print(f"{sum(map(bool, found.values()))} of {len(found)} caught")
    for name in lost:
        print(f"{name} was found before, by {before[name]}")
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
