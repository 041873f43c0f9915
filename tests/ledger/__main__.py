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
from pathlib import Path

from .defect import Defect
from .play import OUTPUT, played
from .results import HONEST, MISSED, MODES, Run, Try, read, written
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
                play_service(shown, Service(name), mode, asked)
    return 0


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.ledger", description="Play the defects of the ledger.")
    parser.add_argument("services", nargs="*", metavar="SERVICE", help=f"of {', '.join(NAMES)} (default all)")
    parser.add_argument("--with-settings", dest="mode", action="store_const", const="settings")
    parser.add_argument("--bare", dest="mode", action="store_const", const="bare", help="the document alone")
    parser.add_argument("--defect", metavar="NAME", help="play this defect, and the service without it if need be")
    parser.add_argument("--resume", action="store_true", help="leave out what was played before")
    parser.add_argument("--record", metavar="NAME", help="write what lies in build/ledger as a try, and play nothing")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.services) - set(NAMES):
        parser.error(f"there is no service {', '.join(sorted(unknown))}: it knows {', '.join(NAMES)}")
    return asked


def play_service(shown: Stage, service: Service, mode: str, asked: argparse.Namespace) -> None:
    """Play the defects of one service, and print what is seen of each."""
    path = OUTPUT / f"{service.name}-{mode}.json"
    known = {run.defect for run in read(path)}
    if HONEST not in known or not (asked.defect or asked.resume):
        show(path, played(shown, service, None, mode, "quick") + played(shown, service, None, mode, "whole"))
    for each in [service.defect(asked.defect)] if asked.defect else service.defects:
        if not (asked.resume and each.name in known):
            show(path, of_defect(shown, service, each, mode, one(read(path), HONEST)))


def show(path: Path, run: Run) -> None:
    """Keep a run, and print what it saw."""
    written(path, [run])
    print(line(run, read(path)), flush=True)


def of_defect(shown: Stage, service: Service, defect: Defect, mode: str, honest: Run) -> Run:
    """Run the quick rules on a defect, and all of them where none of the quick ones has seen it."""
    quick = played(shown, service, defect, mode, "quick")
    level, _ = Try("", "", "", (honest, quick)).seen(*quick.key)
    return quick if level != MISSED else quick + played(shown, service, defect, mode, "whole")


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
    """Return the try that lies in build/ledger, whole, with the last commit that changed the suite."""
    runs = [run for service in NAMES for mode in MODES for run in read(OUTPUT / f"{service}-{mode}.json")]
    expected = {(service, mode) for service in NAMES for mode in MODES}
    counts = Counter((run.service, run.mode) for run in runs)
    if missing := [pair for pair in expected if counts[pair] != 1 + len(Service(pair[0]).defects)]:
        raise SystemExit(f"not played whole: {', '.join(' '.join(pair) for pair in sorted(missing))}")
    suite = ["git", "log", "-1", "--format=%H", "--", "bookplate", "contract_tests"]
    commit = subprocess.run(suite, capture_output=True, text=True, check=True).stdout.strip()
    return Try(name, datetime.datetime.now(datetime.UTC).date().isoformat(), commit, tuple(runs))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
