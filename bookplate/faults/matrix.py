"""The kill matrix: for each fault every law that applies where the fault acts, and whether it sees the fault."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ..contract.operation import Operation
from ..laws.catalogue import Catalogue
from ..laws.law import DocumentLaw, Experiment, Fault, Law
from ..laws.verdict import GENERATED
from ..target.config import SetUpError
from .proof import FROM_GENERATED, SEEN, Proof

OUTPUT = Path("build/faults/matrix.json")


@dataclass
class Row:
    """
    What became of one fault.

    `operation` is where it was tried, and empty for a fault of the document. `tried` are the other laws that applied there,
    `seen_by` those of them that failed or warned. Times are in seconds: `own` until the fault's own law saw it, `all` for
    the whole row. `commit` is the state of the suite that played it.
    """

    law: str
    fault: str
    operation: str = ""
    outcome: str = ""
    own: float = 0
    all: float = 0
    tried: list[str] = field(default_factory=list)
    seen_by: list[str] = field(default_factory=list)
    commit: str = ""

    @property
    def name(self) -> str:
        return f"{self.law} {self.fault}"

    @property
    def is_caught(self) -> bool:
        return self.outcome == "caught"


class Others:
    """The laws that see a fault beside its own; what is seen without a fault is kept for the rows to come."""

    def __init__(self, proof: Proof) -> None:
        self.proof = proof
        self.honest: dict[tuple[str, str], set[str]] = {}

    def row_of(self, name: str) -> Row:
        """Return the row of a fault, which is named by its law and itself."""
        law_id, _, fault_name = name.partition(" ")
        law = self.proof.catalogue[law_id]
        fault = next(each for each in law.faults if each.name == fault_name)
        started = time.monotonic()
        if law.kind == "document":
            row = Row(law.id, fault.name, outcome=dict(self.proof.prove(law))[fault.name])
            row.own = row.all = round(time.monotonic() - started, 1)
            return row
        row = Row(law.id, fault.name, outcome=self.proof.outcome(law, fault), own=round(self.proof.seen_after, 1))
        operation = self.proof.caught_at
        if operation is not None:
            row.operation = operation.id
            row.tried = [other.id for other in self.proof.catalogue if other is not law and acts_at(other, operation)]
            seen = self.seen_by_experiments(law, fault, operation) | self.seen_by_generated(fault, operation)
            row.seen_by = [law_id for law_id in row.tried if law_id in seen]
        row.all = round(time.monotonic() - started, 1)
        return row

    def seen_by_experiments(self, law: Law, fault: Fault, operation: Operation) -> set[str]:
        """Play every other experiment of an operation, each with the fault newly put in; return what is broken by it."""
        seen = set[str]()
        for other in self.proof.catalogue:
            if other is not law and isinstance(other, Experiment) and other.applies(operation):
                seen |= self.broken_by_fault(fault, (other.id, operation.id), partial(self.broken_by, other, operation))
        return seen

    def seen_by_generated(self, fault: Fault, operation: Operation) -> set[str]:
        """Return the laws that requests which are generated for an operation show to be broken by a fault."""
        return self.broken_by_fault(
            fault, (GENERATED, operation.id), partial(self.proof.broken_by_generated, operation)
        )

    def broken_by_fault(self, fault: Fault, key: tuple[str, str], play: Callable[[], set[str]]) -> set[str]:
        """Return what is broken with a fault and not without it, which is played again only for what is new."""
        with self.proof.bent(fault, fresh=True):
            broken = play()
        known = self.honest.get(key, set())
        if broken - known:
            known = self.honest[key] = known | play()
            self.proof.forget(fresh=True)
        return broken - known

    def broken_by(self, law: Law, operation: Operation) -> set[str]:
        """Play an experiment; return its id if it fails or warns, and the invariants that its exchanges break."""
        broken = set[str]()
        with suppress(SetUpError):
            broken = {law.id for each in self.proof.player.play(law, operation) if each.verdict in SEEN}
        return broken | {law_id for each in self.proof.run.sessions for law_id, _ in each.observer.violations}


def acts_at(law: Law, operation: Operation) -> bool:
    return not isinstance(law, DocumentLaw) and law.applies(operation)


class Record:
    """The rows that were played: a file that grows with each of them, so that a run can be resumed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        self.rows = {row.name: row for row in (Row(**each) for each in rows)}

    def add(self, row: Row) -> None:
        self.rows[row.name] = row
        self.path.parent.mkdir(parents=True, exist_ok=True)
        rows = [asdict(each) for each in sorted(self.rows.values(), key=lambda each: each.name)]
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        new.replace(self.path)


def line_of(row: Row) -> str:
    """Return a row as a worker prints it, for `row_from`."""
    return json.dumps(asdict(row))


def row_from(line: str) -> Row:
    columns: dict[str, Any] = json.loads(line)
    return Row(**columns)


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
    """
    Return the faults that no row has as caught, by law and name; those that generated requests show come last.

    One that was not caught is played again: a server may not have started on a busy machine.
    """
    laws = sorted((catalogue[law_id] for law_id in asked), key=lambda law: law.kind in FROM_GENERATED)
    names = [f"{law.id} {fault.name}" for law in laws for fault in law.faults]
    return [name for name in names if name not in record.rows or not record.rows[name].is_caught]
