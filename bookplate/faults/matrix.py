"""The kill matrix: for each fault every law that applies where the fault acts, and whether it sees the fault."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..contract.operation import Operation
from ..laws.catalogue import Catalogue
from ..laws.law import Experiment, Fault, Law
from ..laws.verdict import Verdict
from ..target.config import SetUpError
from .proof import FROM_GENERATED, Proof

OUTPUT = Path("build/faults/matrix.json")
SEEN = (Verdict.FAILED, Verdict.WARNED)


@dataclass
class Row:
    """
    What became of one fault.

    `operation` is where it was tried, and empty for a fault of the document. `tried` are the other laws that applied there,
    `seen_by` those of them that failed or warned. Times are in seconds: `own` until the fault's own law saw it, `all` for
    the whole row.
    """

    law: str
    fault: str
    operation: str = ""
    outcome: str = ""
    own: float = 0
    all: float = 0
    tried: list[str] = field(default_factory=list)
    seen_by: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.law} {self.fault}"

    @property
    def is_caught(self) -> bool:
        return self.outcome == "caught"


def rows_of(proof: Proof, law: Law) -> Iterator[Row]:
    """Yield a row for each fault of a law, played with that law and then with all others."""
    if law.kind == "document":
        for name, outcome in proof.prove(law):
            yield Row(law.id, name, outcome=outcome)
        return
    for fault in law.faults:
        yield row_of(proof, law, fault)


def row_of(proof: Proof, law: Law, fault: Fault) -> Row:
    started = time.monotonic()
    row = Row(law.id, fault.name, outcome=proof.outcome(law, fault))
    row.own = round(time.monotonic() - started, 1)
    operation = proof.caught_at
    if operation is not None:
        row.operation = operation.id
        play_others(proof, row, law, fault, operation)
    row.all = round(time.monotonic() - started, 1)
    return row


def play_others(proof: Proof, row: Row, law: Law, fault: Fault, operation: Operation) -> None:
    """Play every other experiment that applies to an operation, each with the fault newly put in."""
    for other in proof.catalogue:
        if other is law or not isinstance(other, Experiment) or not other.applies(operation):
            continue
        row.tried.append(other.id)
        if is_seen(proof, other, fault, operation):
            row.seen_by.append(other.id)


def is_seen(proof: Proof, law: Law, fault: Fault, operation: Operation) -> bool:
    """Tell whether a law fails or warns at an operation with a fault, and not without it."""
    with proof.bent(fault, fresh=True):
        is_broken = is_broken_by(proof, law, operation)
    return is_broken and not is_broken_by(proof, law, operation)


def is_broken_by(proof: Proof, law: Law, operation: Operation) -> bool:
    with suppress(SetUpError):
        return any(finding.verdict in SEEN for finding in proof.player.play(law, operation))
    return False


class Record:
    """The rows that were played: a file that grows with each of them, so that a run can be resumed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        self.rows = {row.name: row for row in (Row(**each) for each in told)}

    def add(self, row: Row) -> None:
        self.rows[row.name] = row
        self.path.parent.mkdir(parents=True, exist_ok=True)
        told = [asdict(each) for each in sorted(self.rows.values(), key=lambda each: each.name)]
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        new.replace(self.path)

    def has_all(self, law: Law) -> bool:
        return all(f"{law.id} {fault.name}" in self.rows for fault in law.faults)


def line_of(row: Row) -> str:
    """Return a row as a worker prints it, for `row_from`."""
    return json.dumps(asdict(row))


def row_from(line: str) -> Row:
    told: dict[str, Any] = json.loads(line)
    return Row(**told)


def shown(row: Row) -> str:
    """Return a row for people."""
    others = ", ".join(row.seen_by) or "no other"
    return f"{row.law:<10} {row.fault:<48} {row.outcome}  by {others} of {len(row.tried)}  {row.all:.1f} s"


def summary(rows: list[Row]) -> str:
    """Return what all rows say together."""
    caught = sum(row.is_caught for row in rows)
    others = sum(bool(row.seen_by) for row in rows)
    alone = sum(row.is_caught and bool(row.tried) and not row.seen_by for row in rows)
    return f"{caught} of {len(rows)} caught by their own laws; {others} by others too, {alone} by their own law alone"


def missing(catalogue: Catalogue, asked: list[str], record: Record) -> list[str]:
    """Return the laws of which some fault has no row yet; those that look at generated requests come first."""
    left = [law_id for law_id in asked if not record.has_all(catalogue[law_id])]
    return sorted(left, key=lambda law_id: catalogue[law_id].kind not in FROM_GENERATED)
