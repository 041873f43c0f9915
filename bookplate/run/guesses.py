"""Guesses of how lists have pages: each is confirmed or refuted by reads before laws rest on it."""

from typing import TYPE_CHECKING

from ..inference.pages import is_guess, try_pages
from ..laws.law import Experiment

if TYPE_CHECKING:
    from .run import Run

MOST_LINES = 12  # about guesses


def try_guesses(run: "Run") -> None:
    """Confirm or refute by reads what laws rest on and nobody has declared, and say once what came of it."""
    experiments = [law for law in run.laws() if isinstance(law, Experiment)]
    guessed = [each for each in run.document.operations if is_guess(each)]
    if not any(law.applies(each) and not law.applies(each.as_declared) for law in experiments for each in guessed):
        return
    run.launch_all()
    found = list(try_pages(run.experiments))
    for tried in found:
        tried.operation.learn_pages(tried.fact, "" if tried.fact else tried.message)
    # What was refuted is said first: it costs laws.
    for tried in sorted(found, key=lambda each: each.fact is not None)[:MOST_LINES]:
        run.messages.say(tried.message)
    if len(found) > MOST_LINES:
        run.messages.say(f"and {len(found) - MOST_LINES} more lists were tried by two reads each")
