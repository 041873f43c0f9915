"""What is committed of a run: a line for each row of the matrix, and one for each run of the two tools."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bookplate.faults import matrix

from . import seen
from .compared import Comparison

FOLDER = Path(__file__).parent / "record"
ROWS, RUNS = FOLDER / "rows.jsonl", FOLDER / "runs.jsonl"


@dataclass(frozen=True)
class Row:
    """A row of the matrix, with the number of the other laws that were tried in place of their names."""

    law: str
    fault: str
    operation: str
    outcome: str
    own: float
    all: float
    tried: int
    seen_by: tuple[str, ...]
    commit: str

    @classmethod
    def of(cls, row: matrix.Row) -> "Row":
        return cls(**{**asdict(row), "tried": len(row.tried), "seen_by": tuple(row.seen_by)})

    @property
    def name(self) -> str:
        return f"{self.law} {self.fault}"

    @property
    def is_caught(self) -> bool:
        return self.outcome == "caught"

    @property
    def is_alone(self) -> bool:
        """Whether its own law saw it, and no other did of those that were tried."""
        return self.is_caught and not self.seen_by and self.tried > 0


def rows() -> list[Row]:
    return [Row(**{**told, "seen_by": tuple(told["seen_by"])}) for told in lines(ROWS)]


def runs() -> list[seen.Seen]:
    return [seen.seen_of(told) for told in lines(RUNS)]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def write(record: seen.Record) -> None:
    """
    Write down what the two files below build/faults have; of what a tool saw, what it does not see without a fault.

    What was written before and has not been played since stays.
    """
    whole = Comparison([*record.runs.values()])
    sides = {tool: whole.sides(tool) for tool in (seen.BOOKPLATE, seen.SCHEMATHESIS)}
    told = [replace(run, found=sides[run.tool][run.fault].found) if run.fault else run for run in record.runs.values()]
    played = [Row.of(row) for row in matrix.Record(matrix.OUTPUT).rows.values()]
    known_rows, known_runs = {row.name: row for row in rows()}, {run.key: run for run in runs()}
    put(ROWS, map(asdict, (known_rows | {row.name: row for row in played}).values()))
    put(RUNS, map(asdict, (known_runs | {run.key: run for run in told}).values()))


def put(path: Path, told: Iterable[dict[str, Any]]) -> None:
    """Write a file of lines, sorted so that a change of it can be read; an empty one where there is nothing."""
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(sorted(f"{json.dumps(each)}\n" for each in told)), encoding="utf-8")
