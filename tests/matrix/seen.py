"""The faults that are drawn, and what both tools saw of them: kept in a file that grows with each run."""

import json
import random
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from bookplate.laws.catalogue import Catalogue
from bookplate.laws.law import Fault

BOOKPLATE, SCHEMATHESIS = "bookplate", "schemathesis"
FAULTS = 60
DRAW = 13  # the seed by which the faults are drawn
SEED = 1  # of both tools, with a fault
HONEST_SEEDS = {BOOKPLATE: (1, 2), SCHEMATHESIS: (1, 2, 3, 4)}
# What its guide to finding the most recommends; the number of examples is left to the time.
OPTIONS = ("--continue-on-failure", "--suppress-health-check", "filter_too_much,too_slow")


@dataclass(frozen=True)
class Found:
    """A law or a kind of failure, the check of schemathesis, where it was seen, and after how many seconds."""

    what: str
    where: str
    seconds: float
    check: str = ""


@dataclass(frozen=True)
class Seen:
    """
    What a tool saw of the reference with a fault, which is named by its law and itself, or without one.

    `seconds` is how long it ran, and `trouble` what kept it from its work.
    """

    tool: str
    fault: str
    seed: int
    seconds: float
    found: tuple[Found, ...] = ()
    trouble: tuple[str, ...] = ()
    commit: str = ""

    @property
    def key(self) -> str:
        return f"{self.tool} {self.seed} {self.fault}"


@dataclass
class Record:
    """The runs that were made, in a file that grows with each of them."""

    path: Path
    runs: dict[str, Seen] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path.exists():
            self.runs = {run.key: run for run in map(seen_of, json.loads(self.path.read_text(encoding="utf-8")))}

    def add(self, run: Seen) -> None:
        self.runs[run.key] = run
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps([asdict(each) for each in self.runs.values()], indent=1) + "\n", encoding="utf-8")
        new.replace(self.path)


def seen_of(told: dict[str, Any]) -> Seen:
    found = tuple(Found(**each) for each in told["found"])
    return Seen(**{**told, "found": found, "trouble": tuple(told["trouble"])})


@cache
def faults() -> dict[str, Fault]:
    """Return the faults of the service by law and name; a fault of the document alone changes no answer."""
    return {
        f"{law.id} {fault.name}": fault for law in Catalogue.shipped() if law.kind != "document" for fault in law.faults
    }


def drawn(count: int = FAULTS) -> list[str]:
    """Return the names of the faults that are drawn; of more faults the first ones are the same."""
    names = sorted(faults())
    random.Random(DRAW).shuffle(names)
    return names[:count]


def seconds_of_a_check(record: Record) -> float:
    """Return how long a check of the reference takes, where two run at once and each has one core."""
    took = [run.seconds for run in record.runs.values() if run.tool == BOOKPLATE and not run.fault]
    return round(sum(took) / len(took))
