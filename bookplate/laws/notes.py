"""What a law says of itself while it is tried: which parts it tested and which not, and what it took on a guess."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from ..contract.facts import Fact


@dataclass
class Notes:
    """
    What was said while one law was tried at one operation.

    `not_tested` has the parts that were left out, each with its reason, and `tested` what the pass rests on beside them.
    `guesses` has the evidence of each fact that nobody has declared. `judged` counts its expectations: a law without any
    has put nothing to the test.
    """

    tested: list[str] = field(default_factory=list)
    not_tested: list[str] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)
    judged: int = 0


REST = "the rest of the law"

_notes: ContextVar[Notes | None] = ContextVar("notes", default=None)


def partly(not_tested: str, *, tested: str = REST) -> None:
    """
    Say, inside a law, which part of it is not tested and why, and which part is.

    It may be said several times; the same words count once. An empty `not_tested` says nothing. A law that has tested nothing raises NotChecked.
    """
    notes = _notes.get()
    if notes is None or not not_tested:
        return
    if not_tested not in notes.not_tested:
        notes.not_tested.append(not_tested)
    if tested not in notes.tested:
        notes.tested.append(tested)


def judged() -> None:
    """Note that something was looked at that could have broken the law."""
    notes = _notes.get()
    if notes is not None:
        notes.judged += 1


def rests_on(fact: Fact[Any]) -> None:
    """Say that what is found from now on rests on a fact. One that was guessed lets the law warn, not fail."""
    notes = _notes.get()
    if notes is None or fact.is_declared or fact.evidence in notes.guesses:
        return
    notes.guesses.append(fact.evidence)


@contextmanager
def noted() -> Iterator[Notes]:
    """Collect what is said inside this block."""
    notes = Notes()
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)
