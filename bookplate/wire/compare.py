"""Several exchanges side by side: sent at once, or by turns to distinguish two kinds of answers."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from .exchange import Exchange

# Which of two kinds is asked for, by turns: what comes with every second answer, or third, or fifth, does not come with
# one kind alone.
TURNS = (0, 1, 1, 0, 1, 0)


def distinguishing_answers(kinds: Mapping[str, Callable[[], Exchange]]) -> list[Exchange]:
    """
    Ask for two kinds of answers by turns; return one of each where they can be distinguished, else none.

    A trait distinguishes them that all answers of one kind share and that all of the other have otherwise: what varies
    within one kind tells nothing. The keys are names that an answer may repeat.
    """
    names, senders = list(kinds), list(kinds.values())
    answers = [senders[turn]() for turn in TURNS]
    traits = [answer.traits(names[turn]) for answer, turn in zip(answers, TURNS, strict=True)]
    for trait in set[str]().union(*traits):
        first = {found.get(trait) for found, turn in zip(traits, TURNS, strict=True) if turn == 0}
        second = {found.get(trait) for found, turn in zip(traits, TURNS, strict=True) if turn == 1}
        is_constant = len(first) == 1 and len(second) == 1
        if is_constant and first != second:
            return answers[:2]
    return []


def race(calls: Sequence[Callable[[], Exchange]]) -> list[Exchange]:
    """Make calls at once, as far as threads can, and return what they were answered."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Exchange]) -> Exchange:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
