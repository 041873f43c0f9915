"""
`tox -e foreign`: check services that nobody here wrote, and hold each failed MUST against what a person has judged.

docs/foreign-services.md has the judgements, and build/foreign the reports.
"""

import argparse
import signal
import sys

from .beside import compare
from .check import SECONDS, check, write
from .services import NIGHTLY, SERVICES


def main(arguments: list[str]) -> int:
    """
    Do what is asked with the services that are named, with those of each night where none is.

    Return 1 where something differs from what is written down, 2 where something could not be done.
    """
    given = parser().parse_args(arguments)
    unknown = [name for name in given.names if name not in SERVICES]
    if unknown:
        print(f"foreign: there is no {unknown[0]}: name some of {', '.join(SERVICES)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end, it ends what it has started
    names = given.names or (SERVICES if given.all else NIGHTLY)
    return max(ask(given, name) for name in names)


def ask(given: argparse.Namespace, name: str) -> int:
    service = SERVICES[name]
    if given.init:
        return write(service)
    if given.beside:
        return compare(service)
    return check(service, times=2 if given.twice else 1, seconds=given.seconds)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="foreign", description=__doc__)
    known = f"some of {', '.join(SERVICES)} (default {', '.join(NIGHTLY)})"
    parser.add_argument("names", nargs="*", metavar="NAME", help=known)
    parser.add_argument("--all", action="store_true", help="all services, not those of each night alone")
    parser.add_argument(
        "--seconds", type=int, default=SECONDS, metavar="N", help=f"how long a check may take (default {SECONDS})"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--init", action="store_true", help="write the settings anew as `bookplate init` writes them")
    what.add_argument(
        "--twice", action="store_true", help="check each twice without a reset: the verdicts are the same"
    )
    what.add_argument(
        "--beside", action="store_true", help="run schemathesis for as long, and show what each has found"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
