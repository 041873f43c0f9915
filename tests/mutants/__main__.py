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
from collections.abc import Iterable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
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
        play_missing(plays, mutants, given.seconds, with_runs=not given.no_runs)
    rows = [row for mutant in mutants if (row := plays.of(mutant.name, mutant.after))]
    if given.record:
        keep(rows)
    print(summary(rows))
    return int(not given.record and not all(row.is_killed for row in rows))


def play_missing(plays: Plays, mutants: list[Mutant], seconds: float, *, with_runs: bool) -> None:
    """Play the laws at operations that run a line on each mutant first, then whole runs on those that survive."""
    prepare()
    for mutant in mutants:
        row = plays.of(mutant.name, mutant.after)
        if row is None or row.outcome == NO_VERDICT:
            tell(plays, played(mutant, "laws", seconds))
    for mutant in mutants if with_runs else ():
        row = plays.of(mutant.name, mutant.after)
        if row is not None and not row.is_decided:
            tell(plays, played(mutant, "run", 0))


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
        told = play({"module": HONEST_MODULE["module"], "text": text}, [], 10 * SECONDS_OF_RUN, None)
        HONEST.write_text(json.dumps({"costs": told.costs, "known": told.seen}), encoding="utf-8")
    kept = json.loads(HONEST.read_text(encoding="utf-8"))
    return Honest(kept["costs"], frozenset(kept["known"]))


def played(mutant: Mutant, phase: str, seconds: float) -> Row:
    """Play laws on a mutant for a time, or a whole run, and return what became of it."""
    told = play({"module": mutant.module, "text": mutant.text}, list(mutant.operations), seconds, honest())
    row = Row(mutant.name, mutant.before, mutant.after, phase=phase, operations=list(mutant.operations))
    for name in ("outcome", "law", "operation", "level", "observed", "seconds", "errors", "played", "left"):
        setattr(row, name, getattr(told, name))
    row.unchecked = len(told.unchecked)
    return row


def play(module: Mapping[str, str], operations: list[str], seconds: float, honest: Honest | None) -> Judgement:
    """Play laws on a module in a process of its own, and return what it tells; that it took too long, where it did."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        file = Path(folder) / "mutant.json"
        file.write_text(json.dumps(module), encoding="utf-8")
        ours, theirs = FORK.Pipe(duplex=False)
        process = FORK.Process(target=play_apart, args=(theirs, file, operations, seconds, honest))
        process.start()
        theirs.close()
        process.join((seconds or SECONDS_OF_RUN) + GRACE)
        if process.is_alive():
            end(process)
            return Judgement("timeout", seconds=(seconds or SECONDS_OF_RUN) + GRACE)
        judgement: Judgement = ours.recv() if ours.poll() else Judgement(NO_VERDICT, observed="the play ended early")
        return judgement


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


def end(process: BaseProcess) -> None:
    """End a play; its servers end with it, whatever they are doing."""
    assert process.pid is not None
    for number, patience in ((signal.SIGTERM, 15), (signal.SIGKILL, 15)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        process.join(patience)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
