"""
The search for the smallest request that shows a failure, by delta debugging.

Parts are left out, many at once and then one by one, from the whole content down to its deepest members; then values are
made shorter and plainer. That goes on until nothing changes, so that each part that is left is needed.
"""

import re
from collections.abc import Callable
from typing import Any

from .parts import Pair, Parts, Place

PLAIN = "a"
STRANGE = re.compile(r"[^A-Za-z0-9]")
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")


class Spent(Exception):
    """Nothing more may be sent for this search; the message says why."""


class Search:
    """
    A search from a request that shows a failure; `best` is the smallest known one that shows it too.

    `shows` tells whether a request shows the failure, and raises Spent where it may not be sent. `is_kept` tells whether a
    value stays as it is, and `is_text` whether a value that looks like a number is a text. `is_finished` tells whether all parts that `best` has were seen to be needed; else `stopped` says
    why not.
    """

    def __init__(
        self,
        start: Parts,
        shows: Callable[[Parts], bool],
        is_kept: Callable[[Any], bool] = lambda value: False,
        is_text: Callable[[Pair], bool] = lambda pair: False,
    ) -> None:
        self.best = start
        self.shows = shows
        self.is_kept = is_kept
        self.is_text = is_text
        self.is_finished = False
        self.stopped = ""

    def run(self) -> None:
        """Search until nothing can be left out or made plainer, or until nothing more may be sent."""
        try:
            while not self.is_finished:
                known = self.best
                self.leave_out()
                self.make_plain()
                self.is_finished = self.best == known
        except Spent as spent:
            self.stopped = str(spent)

    def take(self, other: Parts) -> bool:
        """Take another request in place of the best one, where it is another one and shows the failure; tell whether."""
        if other == self.best or not self.shows(other):
            return False
        self.best = other
        return True

    def leave_out(self) -> None:
        """Leave out whatever is not needed, from the outside to the inside."""
        depth = 1
        while places := self.best.places(depth):
            size = len(places)
            while size:
                self.leave_out_by(size, depth)
                size //= 2
            depth += 1

    def leave_out_by(self, size: int, depth: int) -> None:
        """Leave out so many parts of a depth at once, one group after the other."""
        first = 0
        while places := self.best.places(depth)[first : first + size]:
            if not self.take(self.best.without(places)):
                first += size

    def make_plain(self) -> None:
        """Make values shorter and plainer, one after the other."""
        for place, _ in list(self.best.values()):
            value = dict(self.best.values())[place]
            if self.is_kept(value):
                continue
            if isinstance(value, Pair) and NUMBER.fullmatch(value.text) and not self.is_text(value):
                self.make_number_small(place, number_in(value.text), with_number(value))
            elif isinstance(value, Pair):
                self.make_text_plain(place, value.text, value.with_text)
            elif isinstance(value, str):
                self.make_text_plain(place, value, str)
            else:
                self.make_number_small(place, value, lambda number: number)

    def make_text_plain(self, place: Place, text: str, written: Callable[[str], Any]) -> None:
        """Make a text short and of letters."""

        def take(shorter: str) -> bool:
            return self.take(self.best.with_value(place, written(shorter)))

        if len(text) > 1 and take(PLAIN):
            text = PLAIN
        elif text != PLAIN * len(text) and take(PLAIN * len(text)):
            text = PLAIN * len(text)
        text = text[: least(0, len(text), lambda length: take(text[:length]))]
        text = text[len(text) - least(0, len(text), lambda length: take(text[len(text) - length :])) :]
        for found in list(STRANGE.finditer(text)):
            plainer = text[: found.start()] + PLAIN + text[found.end() :]
            if take(plainer):
                text = plainer

    def make_number_small(self, place: Place, number: float, written: Callable[[float], Any]) -> None:
        """Make a number a whole one, and as near to nothing as it can be."""

        def take(smaller: float) -> bool:
            return self.take(self.best.with_value(place, written(smaller)))

        whole = int(number)
        if whole != number and not take(whole):
            return
        if abs(whole) > 1 and (take(0) or take(1)):
            return
        sign = -1 if whole < 0 else 1
        least(0, abs(whole), lambda size: take(sign * size))


def number_in(text: str) -> float:
    return float(text) if "." in text else int(text)


def with_number(pair: Pair) -> Callable[[float], Pair]:
    """Return what writes a number in place of the value of a pair."""
    return lambda number: pair.with_text(str(number))


def least(low: int, high: int, shows: Callable[[int], bool]) -> int:
    """Return the least number for which something shows, as it does for the highest one, by halves."""
    while low < high:
        middle = (low + high) // 2
        if shows(middle):
            high = middle
        else:
            low = middle + 1
    return high
