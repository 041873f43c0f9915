"""
`tox -e mutants`: change the reference in one place after the other, and see whether the laws notice.

It goes on where it ended. First it finds out which operations run which line, and what each law costs on the reference.
Then each mutant meets the laws at the operations that run its line, and what survives meets a whole run. `--record` keeps
what was seen in tests/mutants/record.json, from which docs/mutants.md is made.
"""

import argparse
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from bookplate.options import ended

from .forked import prepare
from .judge import CONFIG, NO_VERDICT, Honest, Judgement, judge
from .making import Mutant, sample
from .record import PLAYS, SEED, Plays, Row, keep, summary
from .serve import ROOT, end_with_parent

# What is imported here need not be imported for each play.
FORK = multiprocessing.get_context("fork")
WORK = Path("build/mutants")
LINES, HONEST, SAMPLE = WORK / "lines.json", WORK / "honest.json", WORK / "sample.json"
COUNT = 300
SECONDS = 45.0  # for the laws at the operations that run the line
SECONDS_OF_RUN = 900.0  # for a whole run, which takes one or two minutes
GRACE = 400.0  # for the start of a play, and for a law that waits for an answer
# The least that is changed: nothing.
HONEST_MODULE = {"module": "impl.problems", "file": "impl/problems.py"}


def main(arguments: list[str]) -> int:
    """Play what is missing, and say what all plays show; 1 where something survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Play mutants of the reference.")
    parser.add_argument("--count", type=int, default=COUNT, help=f"how many are drawn (default {COUNT})")
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help="those whose names begin so")
    parser.add_argument(
        "--seconds",
        type=float,
        default=SECONDS,
        help=f"for the laws at the operations of a line (default {SECONDS:.0f})",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=min(os.cpu_count() or 1, 2),
        help="plays at once (default one per core, at most two)",
    )
    parser.add_argument("--no-runs", action="store_true", help="leave out the whole runs for what survives")
    parser.add_argument("--again", action="store_true", help="play those again that survived before")
    parser.add_argument("--anew", action="store_true", help="measure lines and costs again, and forget all plays")
    parser.add_argument("--record", action="store_true", help="keep what was seen; plays nothing")
    given = parser.parse_args(arguments)
    os.chdir(ROOT)
    for file in (LINES, HONEST, SAMPLE, PLAYS) if given.anew else ():
        file.unlink(missing_ok=True)
    plays = Plays()
    mutants = [each for each in drawn(given.count) if not given.only or each.name.startswith(tuple(given.only))]
    if given.again:
        plays.forget_survivors([each.name for each in mutants])
    if not given.record:
        play_missing(plays, mutants, given.seconds, given.jobs, with_runs=not given.no_runs)
    rows = [row for mutant in mutants if (row := plays.of(mutant.name, mutant.after))]
    if given.record:
        keep(rows)
    print(summary(rows))
    return int(not given.record and not all(row.is_killed for row in rows))


def play_missing(plays: Plays, mutants: list[Mutant], seconds: float, jobs: int, *, with_runs: bool) -> None:
    """Play the laws at operations that run a line on each mutant first, then whole runs on those that survive."""
    prepare()
    known = honest()
    for row in side_by_side([each for each in mutants if is_to_be_played(plays, each)], "laws", seconds, known, jobs):
        tell(plays, row)
    if with_runs:
        for row in side_by_side([each for each in mutants if needs_a_run(plays, each)], "run", 0, known, jobs):
            tell(plays, row)


def is_to_be_played(plays: Plays, mutant: Mutant) -> bool:
    row = plays.of(mutant.name, mutant.after)
    return row is None or row.outcome == NO_VERDICT


def needs_a_run(plays: Plays, mutant: Mutant) -> bool:
    row = plays.of(mutant.name, mutant.after)
    return row is not None and not row.is_decided


def tell(plays: Plays, row: Row) -> None:
    plays.add(row)
    seen = f"{row.law} {row.operation}".strip()
    print(f"{row.outcome:<10} {row.phase:<4} {seen:<32} {row.seconds:6.1f} s  {row.name}", flush=True)


def drawn(count: int) -> list[Mutant]:
    """Return the sample, which is kept: to make it takes a minute."""
    if not LINES.exists():
        measure_lines()
    text = LINES.read_text(encoding="utf-8")
    key = [
        SEED,
        count,
        LINES.stat().st_mtime_ns,
        *(path.stat().st_mtime_ns for path in sorted(Path("impl").rglob("*.py"))),
    ]
    kept = json.loads(SAMPLE.read_text(encoding="utf-8")) if SAMPLE.exists() else {}
    if kept.get("key") != key:
        mutants = sample(json.loads(text), count)
        kept = {"key": key, "mutants": [vars(each) for each in mutants]}
        SAMPLE.write_text(json.dumps(kept), encoding="utf-8")
    return [Mutant(**{**each, "operations": tuple(each["operations"])}) for each in kept["mutants"]]


def measure_lines() -> None:
    """Run the suite against the reference, one request at a time, and note which operations run which line."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        target = f"{{python}} -m tests.mutants.serve --port {{port}} --lines {folder}"
        output = str(WORK / "lines")
        command = ["bookplate", target, "--config", CONFIG, "--max-examples", "5", "--output", output]
        subprocess.run([sys.executable, "-m", *command], stdout=sys.stderr, check=False)
        parts = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(folder).glob("*.json"))]
    LINES.parent.mkdir(parents=True, exist_ok=True)
    LINES.write_text(json.dumps(merged(parts)), encoding="utf-8")


def merged(parts: Iterable[Mapping[str, Mapping[str, list[str]]]]) -> dict[str, dict[str, list[str]]]:
    """Return for each file and line all operations that some server has seen run it."""
    found: dict[str, dict[str, list[str]]] = {}
    for part in parts:
        for file, lines in part.items():
            for line, names in lines.items():
                known = found.setdefault(file, {})
                known[line] = sorted({*known.get(line, []), *names})
    return found


def honest() -> Honest:
    """Return what laws cost and find on the reference as it is; what they find there counts for no mutant."""
    if not HONEST.exists():
        text = Path(HONEST_MODULE["file"]).read_text(encoding="utf-8")
        alone = Play({"module": HONEST_MODULE["module"], "text": text}, [], 10 * SECONDS_OF_RUN, None)
        wait(alone.signs, alone.seconds_left)
        told = alone.judgement()
        HONEST.write_text(json.dumps({"costs": told.costs, "known": told.seen}), encoding="utf-8")
    kept = json.loads(HONEST.read_text(encoding="utf-8"))
    return Honest(kept["costs"], frozenset(kept["known"]))


def side_by_side(mutants: Sequence[Mutant], phase: str, seconds: float, honest: Honest, jobs: int) -> Iterator[Row]:
    """Play laws on mutants for a time each, or a whole run where it is 0, some at once; yield what becomes of each."""
    left = list(reversed(mutants))
    running: list[tuple[Mutant, Play]] = []
    while left or running:
        while left and len(running) < jobs:
            mutant = left.pop()
            what = {"module": mutant.module, "text": mutant.text}
            running.append((mutant, Play(what, list(mutant.operations), seconds, honest)))
        soonest = min(play.seconds_left for _, play in running)
        wait([sign for _, play in running for sign in play.signs], soonest)
        for mutant, play in [each for each in running if each[1].is_over]:
            running.remove((mutant, play))
            yield row_of(mutant, phase, play.judgement())


def row_of(mutant: Mutant, phase: str, told: Judgement) -> Row:
    row = Row(mutant.name, mutant.before, mutant.after, phase=phase, operations=list(mutant.operations))
    for name in ("outcome", "law", "operation", "level", "observed", "seconds", "errors", "played", "left"):
        setattr(row, name, getattr(told, name))
    row.unchecked = len(told.unchecked)
    return row


class Play:
    """Laws that are played on a module in a process of its own, for a time, or a whole run where it is 0."""

    def __init__(self, module: Mapping[str, str], operations: list[str], seconds: float, honest: Honest | None) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="mutants-")
        file = Path(self.folder.name) / "mutant.json"
        file.write_text(json.dumps(module), encoding="utf-8")
        self.allowed = (seconds or SECONDS_OF_RUN) + GRACE
        self.deadline = time.monotonic() + self.allowed
        self.answers, theirs = FORK.Pipe(duplex=False)
        self.process = FORK.Process(target=play_apart, args=(theirs, file, operations, seconds, honest))
        self.process.start()
        theirs.close()

    @property
    def signs(self) -> list[Connection | int]:
        """What to wait for: that it says something, or ends."""
        return [self.answers, self.process.sentinel]

    @property
    def seconds_left(self) -> float:
        return max(self.deadline - time.monotonic(), 0)

    @property
    def is_over(self) -> bool:
        return bool(wait(self.signs, 0)) or not self.seconds_left

    def judgement(self) -> Judgement:
        """Return what it says, that it took too long, or that it ended without a word; then nothing of it is left."""
        told = Judgement(NO_VERDICT, observed="the play ended early")
        if self.answers.poll():
            with suppress(EOFError):
                told = self.answers.recv()
        elif self.process.is_alive():
            told = Judgement("timeout", seconds=self.allowed)
        self.end()
        return told

    def end(self) -> None:
        """End its process, which has a group of its own; servers end with it, whatever they are doing."""
        assert self.process.pid is not None
        for number, patience in ((0, 15), (signal.SIGTERM, 15), (signal.SIGKILL, 15)):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            self.process.join(patience)
        self.answers.close()
        self.folder.cleanup()


def play_apart(answers: Connection, file: Path, *what: Any) -> None:
    """Play laws in this process, which has a group of its own to be ended by, and send what they say."""
    os.setsid()
    end_with_parent()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
        os.dup2(nowhere.fileno(), sys.stderr.fileno())

    def work() -> int:
        answers.send(judge(file, *what))
        return 0

    ended("mutants", work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
