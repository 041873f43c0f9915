"""The runs of a census, and what they say together."""

import json
import os
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "census"
RECORD = Path(__file__).with_name("record.json")
PLAIN, BUSY, SHUFFLED = "plain", "busy", "shuffled"
# Of each kind some are made early and some late, so that what changes with time is not taken for what a kind changes.
KINDS = (PLAIN, BUSY, SHUFFLED, PLAIN, BUSY, SHUFFLED, PLAIN, BUSY, SHUFFLED, PLAIN, BUSY, PLAIN)
WORK = "while True: pass"


@dataclass(frozen=True)
class Run:
    """One check: its place in the census, its kind, how long it took, its verdicts, and the seconds of each law."""

    number: int
    kind: str
    commit: str
    seconds: float
    verdicts: Mapping[str, str]
    laws: Mapping[str, float]


@dataclass(frozen=True)
class Told:
    """What is committed of a run: how many verdicts of each kind it came to, and which differ from those of the first."""

    number: int
    kind: str
    commit: str
    seconds: float
    counts: Mapping[str, int]
    changed: Mapping[str, str]


def file_of(number: int) -> Path:
    return BUILD / f"run-{number:02}.json"


def made() -> list[Run]:
    """Return the runs that were made, in their order."""
    files = [file_of(number) for number in range(1, len(KINDS) + 1)]
    return [Run(**json.loads(file.read_text(encoding="utf-8"))) for file in files if file.exists()]


def make(number: int, commit: str) -> Run:
    """Make a run: a check in a process of its own, with its cores busy or its experiments in another order."""
    kind = KINDS[number - 1]
    BUILD.mkdir(parents=True, exist_ok=True)
    told = BUILD / f"run-{number:02}.new"
    options = ["--shuffle", str(number)] if kind == SHUFFLED else []
    command = [sys.executable, "-m", "tests.census.one", str(told), *options]
    with busy(os.cpu_count() or 1) if kind == BUSY else idle():
        subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "0"}, check=True)
    run = Run(number, kind, commit, **json.loads(told.read_text(encoding="utf-8")))
    told.write_text(json.dumps(asdict(run), indent=1) + "\n", encoding="utf-8")
    told.replace(file_of(number))
    return run


@contextmanager
def busy(cores: int) -> Iterator[None]:
    """Keep all cores busy meanwhile, with one process for each."""
    workers = [subprocess.Popen([sys.executable, "-c", WORK]) for _ in range(cores)]
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


@contextmanager
def idle() -> Iterator[None]:
    """Leave the machine as it is."""
    yield


def differing(first: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """Return what two runs judge otherwise, each as `passed, then failed`; what one lacks is `missing`."""
    names = sorted({*first, *other})
    both = {name: (first.get(name, "missing"), other.get(name, "missing")) for name in names}
    return {name: f"{one}, then {two}" for name, (one, two) in both.items() if one != two}


def told(runs: Sequence[Run]) -> list[Told]:
    return [
        Told(
            run.number,
            run.kind,
            run.commit,
            run.seconds,
            dict(sorted(Counter(run.verdicts.values()).items())),
            differing(runs[0].verdicts, run.verdicts),
        )
        for run in runs
    ]


def law_seconds(runs: Sequence[Run]) -> dict[str, float]:
    """Return the median of the seconds that each law took in the plain runs, the longest first."""
    plain = [run for run in runs if run.kind == PLAIN]
    laws = {law for run in plain for law in run.laws}
    medians = {law: round(statistics.median(run.laws.get(law, 0) for run in plain), 2) for law in laws}
    return dict(sorted(medians.items(), key=lambda each: (-each[1], each[0])))


def write(runs: Sequence[Run]) -> None:
    """Write down what is committed of a census."""
    record: dict[str, Any] = {"runs": [asdict(each) for each in told(runs)], "laws": law_seconds(runs)}
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def recorded() -> tuple[list[Told], dict[str, float]]:
    """Return what was written down; nothing where no census was."""
    if not RECORD.exists():
        return [], {}
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    return [Told(**each) for each in record["runs"]], record["laws"]
