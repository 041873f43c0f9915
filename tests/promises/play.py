"""Playing the faults that were written from the promises: which of the laws that are asked sees each."""

import argparse
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bookplate.faults.player import Player
from bookplate.faults.proof import Proof
from bookplate.laws.catalogue import Catalogue, module_of
from bookplate.laws.law import Fault, Law

from .faults._written import Written

FOLDER = Path(__file__).parent / "faults"
REFERENCE = argparse.Namespace(target="impl:create_app", config=None, laws=[])


class WrittenFault(Fault):
    """A fault that stands in a file of its own, and not beside the law that is played on it."""

    @property
    def address(self) -> str:
        return f"{file_of(self.name)}::{self.name}"


@cache
def written() -> dict[str, Written]:
    """Return each written fault by its name."""
    found: dict[str, Written] = {}
    for path in files():
        for name, value in vars(module_of(path)).items():
            if hasattr(value, "written"):
                assert name not in found, f"{name} stands twice"
                found[name] = value.written
    return found


def files() -> list[Path]:
    return sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith("_"))


def file_of(name: str) -> Path:
    """Return the file in which a fault of this name stands."""
    return next(path for path in files() if name in vars(module_of(path)))


def played(names: list[str]) -> Iterator[tuple[str, str, str, float]]:
    """Yield for each fault the first law that caught it, or an empty text; with what became of the last law, and seconds."""
    results: list[tuple[str, str, str, float]] = []
    catalogue = Catalogue.shipped()

    def work() -> None:
        proof.set_up()
        for name in names:
            started = time.monotonic()
            law, outcome = first_law(proof, catalogue, name)
            results.append((name, law, outcome, time.monotonic() - started))
            print(f"{name:<52} {law or 'missed':<10} {outcome}  {results[-1][3]:.1f} s", flush=True)

    player = Player(work)
    proof = Proof(REFERENCE, player)
    player.run(proof.run)
    yield from results


def first_law(proof: Proof, catalogue: Catalogue, name: str) -> tuple[str, str]:
    """Play the laws of a fault until one catches it; return the id of that law and what became of the last one played."""
    fault = written()[name]
    outcomes = []
    for law_id in fault.laws:
        law: Law = catalogue[law_id]
        outcome = proof.outcome(law, WrittenFault(law, fault.steps))
        outcomes.append(f"{law_id}: {outcome}")
        if outcome == "caught":
            return law_id, outcome
    return "", "; ".join(outcomes)
