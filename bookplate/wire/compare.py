"""Several exchanges side by side: sent at once, or by turns to tell two kinds of answers apart."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from .exchange import Exchange

TURNS = (0, 1, 1, 0, 1, 0)  # what comes with every second answer, or third, or fifth, does not come with one kind alone


def told_apart(kinds: Mapping[str, Callable[[], Exchange]]) -> list[Exchange]:
    """
    Ask for two kinds of answers by turns; return one of each where they can be told apart.

    That is by what all of one kind have otherwise than all of the other: what varies within one tells nothing. The keys
    are names that an answer may repeat.
    """
    answers = [list(kinds.values())[turn]() for turn in TURNS]
    traits = [answer.traits(list(kinds)[turn]) for answer, turn in zip(answers, TURNS, strict=True)]
    for trait in set[str]().union(*traits):
        one, other = ({traits[n].get(trait) for n, turn in enumerate(TURNS) if turn == kind} for kind in (0, 1))
        if len(one) == len(other) == 1 and one != other:
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
