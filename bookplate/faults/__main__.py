"""The command `python -m bookplate.faults`: faults shared out among workers, and how many were caught."""

import argparse
import os
import queue
import random
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..laws.catalogue import Catalogue
from ..options import REFERENCE, ended
from ..target.config import SetUpError
from . import matrix
from .player import Player
from .proof import FROM_GENERATED, Proof


def shared_out(asked: Iterable[str], jobs: int, arguments: list[str]) -> Iterator[str]:
    """Let workers prove what is asked side by side, each on a target of its own, and yield the lines they print."""
    units: queue.SimpleQueue[str] = queue.SimpleQueue()
    for unit in asked:
        units.put(unit)
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    command = [sys.executable, "-m", "bookplate.faults", *arguments, "--worker"]
    workers = [subprocess.Popen(command, stdin=-1, stdout=-1, text=True, bufsize=1) for _ in range(jobs)]
    for worker in workers:
        threading.Thread(target=feed, args=(worker, units, lines), daemon=True).start()
    try:
        for _ in workers:
            yield from iter(lines.get, None)
    finally:
        for worker in workers:
            worker.terminate()  # nothing to do but where the run was interrupted


def feed(worker: "subprocess.Popen[str]", units: "queue.SimpleQueue[str]", lines: Any) -> None:
    """Give a worker one unit after another; None says that it is done, or that it died."""
    try:
        # Asking whether a unit is left, and then for it, would wait for ever where another took it in between.
        with suppress(queue.Empty, BrokenPipeError):
            while True:
                hand_over(units.get_nowait(), worker, lines)
        worker.communicate()
    finally:
        lines.put(None)


def hand_over(unit: str, worker: "subprocess.Popen[str]", lines: Any) -> None:
    """Have a worker prove one unit, and pass on what it prints."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    print(unit, file=worker.stdin, flush=True)
    for line in iter(worker.stdout.readline, ""):
        if line == "done\n":
            break
        lines.put(line.rstrip("\n"))


def main(arguments: list[str] | None = None) -> int:
    """Run the command: 0 where every fault was caught, 1 where one was not, 2 for a set-up error."""

    parser = argparse.ArgumentParser(prog="bookplate.faults", description=__doc__)
    parser.add_argument("--target", default=REFERENCE, help=f"import string (default {REFERENCE})")
    parser.add_argument("--config", metavar="FILE", help="the target's bookplate.toml")
    parser.add_argument(
        "--laws", type=Path, action="append", default=[], metavar="DIR", help="the laws of this folder too (repeatable)"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--rule", action="append", default=[], metavar="ID", help="its faults only (repeatable)")
    which.add_argument("--sample", type=int, metavar="N", help="N laws alone, other ones at each commit")
    which.add_argument("--all", action="store_true", help="all faults of all laws, as where nothing of these is said")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 4), help="workers (default one per core)")
    parser.add_argument(
        "--matrix",
        action="store_true",
        help=f"play every other law too, and write {matrix.OUTPUT}; goes on where it ended",
    )
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = sys.argv[1:] if arguments is None else arguments
    given = parser.parse_args(arguments)
    return ended("bookplate.faults", lambda: work(given) if given.worker else proved(given, arguments))


def work(given: argparse.Namespace) -> int:
    """Prove the laws that standard input names, a line of ids after the other."""

    def prove() -> None:
        proof.set_up()
        for unit in sys.stdin:
            if given.matrix:
                print(matrix.line_of(others.row_of(unit.strip())), flush=True)
            else:
                proof.print_outcomes(unit)
            print("done", flush=True)

    player = Player(prove)
    proof = Proof(given, player)
    others = matrix.Others(proof)
    player.run(proof.run)
    return 0


def sample(law_ids: list[str], count: int) -> list[str]:
    """Return some of the laws: the same ones for the same commit, so that a failure can be seen again."""
    named = os.environ.get("GITHUB_SHA") or git_commit()
    print(f"a sample of {min(count, len(law_ids))} of {len(law_ids)} laws, for commit {named[:12] or 'unknown'}")
    return sorted(random.Random(named).sample(law_ids, min(count, len(law_ids))))


def git_commit() -> str:
    """Return the commit of the working folder; empty where there is none."""
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def proved(given: argparse.Namespace, arguments: list[str]) -> int:
    """Have everything asked for proved, and say how much of it was."""
    catalogue = Catalogue.with_own(given.laws)
    if unknown := [rule_id for rule_id in given.rule if rule_id not in catalogue]:
        raise SetUpError(f"there is no rule {unknown[0]}: python -m bookplate --list shows all")
    asked = [rule.id for rule in catalogue if not given.rule or rule.id in given.rule]
    if given.sample is not None:
        asked = sample(asked, given.sample)
    if given.matrix:
        return filled(given, catalogue, asked, arguments)
    results = []
    for line in shared_out(units_of(catalogue, asked), min(given.jobs, len(asked)), arguments):
        print(line, flush=True)
        results.append("  caught  " in f" {line}")
    for rule_id in without_fault(catalogue, asked):
        print(f"{rule_id} has no fault: nothing shows that it can fail")
    expected = sum(len(catalogue[rule_id].faults) for rule_id in asked)
    print(f"{sum(results)} of {expected} caught")
    return int(sum(results) != expected or not expected)


def units_of(catalogue: Catalogue, asked: list[str]) -> Iterator[str]:
    """Yield what is proved at once: each law, and those that look at generated requests together, which come first."""
    generated = [rule_id for rule_id in asked if catalogue[rule_id].kind in FROM_GENERATED]
    if generated:
        yield " ".join(generated)
    yield from (rule_id for rule_id in asked if rule_id not in generated)


def filled(given: argparse.Namespace, catalogue: Catalogue, asked: list[str], arguments: list[str]) -> int:
    """Have the rows of the matrix played that are missing, and say what all of them show."""
    record = matrix.Record(matrix.OUTPUT)
    left = matrix.missing(catalogue, asked, record)
    commit = git_commit()[:10]
    for line in shared_out(left, min(given.jobs, len(left)), arguments):
        row = replace(matrix.row_from(line), commit=commit)
        record.add(row)
        print(matrix.shown(row), flush=True)
    rows = [row for row in record.rows.values() if row.law in asked]
    print(matrix.summary(rows))
    return int(not rows or not all(row.is_caught for row in rows))


def without_fault(catalogue: Catalogue, asked: list[str]) -> list[str]:
    """Return those of the rules that are to find no fault; all of them are somebody's own, as each of ours has one."""
    return [rule_id for rule_id in asked if not catalogue[rule_id].faults]


if __name__ == "__main__":
    sys.exit(main())
