"""Playing the faults that were written from the promises: which of the laws that are asked sees each."""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

from bookplate.faults.player import Player
from bookplate.faults.proof import FROM_GENERATED, Play, Proof
from bookplate.laws.catalogue import Catalogue, module_of
from bookplate.laws.law import Fault, Law

from .faults._written import Written

# How long a law is played at one operation after the other, or by what other laws send, before it counts as missed.
SECONDS = 60
# Laws that make, read, change and list things, are refused, claim unique values in two spellings, refresh tokens and
# spend quotas.
SHOW_MOST = ("STATE-01", "STATE-02", "ROBUST-02", "CACHE-05", "PAGE-02", "CONC-01", "AUTH-09", "RATE-01", "RATE-07")
FOLDER = Path(__file__).parent / "faults"
REFERENCE = argparse.Namespace(target="impl:create_app", config=None, laws=[])


class WrittenFault(Fault):
    """A fault that stands in a file of its own, and not beside the law that is played on it."""

    @property
    def address(self) -> str:
        return f"{file_of(self.name)}::{self.name}"


class ShortProof(Proof):
    """A proof that gives up a law after a time: what breaks a promise is seen soon or not at all."""

    def plays(self, rule: Law) -> Iterator[Play]:
        ends = time.monotonic() + SECONDS
        for play in self.shown(rule) if rule.kind == "invariant" else super().plays(rule):
            if time.monotonic() > ends:
                return
            yield play

    def shown(self, rule: Law) -> Iterator[Play]:
        """Yield plays of the laws whose requests show most of the answers, for a law that looks at each of them."""
        for law_id in SHOW_MOST:
            other = self.catalogue[law_id]
            yield from (partial(self.from_observer, rule, other, each) for each in self.run.operations(other))


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


def play(names: list[str], tell: Callable[[str, str], None], *, generated: bool = False) -> None:
    """
    Play faults, and tell the name of each with the id of the first law that caught it, or an empty text.

    Laws that judge generated requests are left out unless they are asked for: each takes minutes.
    """
    catalogue = Catalogue.shipped()

    def work() -> None:
        proof.set_up()
        for name in names:
            started = time.monotonic()
            law, outcome = first_law(proof, catalogue, name, generated=generated)
            print(f"{name:<52} {law or 'missed':<10} {outcome}  {time.monotonic() - started:.1f} s", flush=True)
            tell(name, law)

    player = Player(work)
    proof = ShortProof(REFERENCE, player)
    player.run(proof.run)


def first_law(proof: Proof, catalogue: Catalogue, name: str, *, generated: bool) -> tuple[str, str]:
    """Play the laws of a fault until one catches it; return the id of that law and what became of the last one played."""
    fault = written()[name]
    outcomes = []
    for law_id in fault.laws:
        law: Law = catalogue[law_id]
        if law.kind in FROM_GENERATED and not generated:
            continue
        outcome = proof.outcome(law, WrittenFault(law, fault.steps))
        outcomes.append(f"{law_id}: {outcome}")
        if outcome == "caught":
            return law_id, outcome
    return "", "; ".join(outcomes)
