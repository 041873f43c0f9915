"""
`python -m tests.ledger [SERVICE ...] [--with-settings | --bare] [--defect NAME]`: play defects, and say which are seen.

Each defect is played alone, and the service without one before. What is said goes to build/ledger/. `--record NAME`
writes all that lies there as a try, of which docs/ledger.md tells; nothing that was recorded is written again.
"""

import argparse
import datetime
import subprocess
import sys
from collections import Counter

from .defect import Defect
from .play import OUTPUT, played
from .results import FAILED, HONEST, MODES, Run, Try, read, written
from .service import NAMES, Service, Stage, stage
from .tries import record


def main(arguments: list[str]) -> int:
    """Play what is asked for, and print a line for each defect."""
    asked = options(arguments)
    if asked.record:
        record(current(asked.record))
        return 0
    modes = [asked.mode] if asked.mode else list(MODES)
    with stage() as shown:
        for mode in modes:
            for name in asked.services or NAMES:
                play_service(shown, Service(name), mode, asked.defect)
    return 0


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.ledger", description="Play the defects of the ledger.")
    parser.add_argument("services", nargs="*", metavar="SERVICE", help=f"of {', '.join(NAMES)} (default all)")
    parser.add_argument("--with-settings", dest="mode", action="store_const", const="settings")
    parser.add_argument("--bare", dest="mode", action="store_const", const="bare", help="the document alone")
    parser.add_argument("--defect", metavar="NAME", help="play this defect, and the service without it if need be")
    parser.add_argument("--record", metavar="NAME", help="write what lies in build/ledger as a try, and play nothing")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.services) - set(NAMES):
        parser.error(f"there is no service {', '.join(sorted(unknown))}: it knows {', '.join(NAMES)}")
    return asked


def play_service(shown: Stage, service: Service, mode: str, wanted: str | None) -> None:
    """Play the defects of one service, and print what is seen of each."""
    path = OUTPUT / f"{service.name}-{mode}.json"
    chosen = [service.defect(wanted)] if wanted else service.defects
    if not wanted or not any(run.defect == HONEST for run in read(path)):
        written(path, [both_parts(shown, service, mode)])
        print(line(read(path)[0], read(path)), flush=True)
    for each in chosen:
        written(path, [of_defect(shown, service, each, mode, read(path))])
        print(line(one(read(path), each.name), read(path)), flush=True)


def both_parts(shown: Stage, service: Service, mode: str) -> Run:
    """Run all rules on the service without a defect."""
    return played(shown, service, None, mode, "own") + played(shown, service, None, mode, "generated")


def of_defect(shown: Stage, service: Service, defect: Defect, mode: str, runs: list[Run]) -> Run:
    """Run the rules on a defect; those that generate requests only where no other has failed for it."""
    own = played(shown, service, defect, mode, "own")
    level, _ = Try("", "", "", (one(runs, HONEST), own)).seen(*own.key)
    return own if level == FAILED else own + played(shown, service, defect, mode, "generated")


def one(runs: list[Run], defect: str) -> Run:
    return next(run for run in runs if run.defect == defect)


def line(run: Run, runs: list[Run]) -> str:
    """Return what is said of one run."""
    start = f"{run.service:8} {mode_of(run):13} {run.defect or 'no defect':28}"
    if run.defect == HONEST:
        counts = (
            f"{len(run.failed)} failed, {len(run.warned)} warned, {run.passed} passed, {run.not_checked} not checked"
        )
        return f"{start} {counts} in {run.seconds} s"
    level, rules = Try("", "", "", tuple(runs)).seen(*run.key)
    return f"{start} {level:10} {', '.join(rules[:4])}{' ...' if len(rules) > 4 else ''} ({run.seconds} s)"


def mode_of(run: Run) -> str:
    return "with settings" if run.mode == "settings" else run.mode


def current(name: str) -> Try:
    """Return the try that lies in build/ledger, all runs of which have to be there."""
    runs = [run for service in NAMES for mode in MODES for run in read(OUTPUT / f"{service}-{mode}.json")]
    expected = {(service, mode) for service in NAMES for mode in MODES}
    counts = Counter((run.service, run.mode) for run in runs)
    if missing := [pair for pair in expected if counts[pair] != 1 + len(Service(pair[0]).defects)]:
        raise SystemExit(f"not played whole: {', '.join(' '.join(pair) for pair in sorted(missing))}")
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    return Try(name, datetime.datetime.now(datetime.UTC).date().isoformat(), commit, tuple(runs))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
