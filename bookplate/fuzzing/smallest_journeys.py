"""The smallest requests before one that shows a failure: all of them are sent once more, each with less in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import requests

from ..contract.operation import Operation
from ..smallest.handed_on import HandedOn, adapted, handed_on
from ..smallest.mistakes import mistakes_of
from ..smallest.parts import Pair, Parts, Wire
from ..smallest.search import Search, Spent
from ..wire.exchange import Exchange
from ..wire.made import depends_on
from ..wire.outcomes import Violation

NOT_IN_A_ROW = "the requests before it did not lead to the failure when they were sent once more, so they are shown as they were found"

Send = Callable[[Wire, Operation], "tuple[Exchange, requests.Response] | None"]
Judge = Callable[[Exchange, requests.Response, Sequence[Exchange]], Violation | None]


@dataclass(frozen=True)
class Step:
    """A request of a journey: what was sent and answered at first, and what is sent now."""

    first: Exchange
    operation: Operation
    parts: Parts


class Journey:
    """
    The search for what is needed of the requests before the last one.

    `send` sends a request of an operation and returns what was answered; it raises Spent where nothing more may be sent.
    `judge` tells what the last answer shows. `best` are the least requests known to lead to the failure, and `violation` is
    what they have shown; None as long as nothing was left out. `sent` counts how often all were sent.
    """

    def __init__(self, steps: Sequence[Step], send: Send, judge: Judge, is_kept: Callable[[Any], bool]) -> None:
        self.best = list(steps)
        self.send = send
        self.judge = judge
        self.is_kept = is_kept
        self.violation: Violation | None = None
        self.whole = count_before(steps)
        self.sent = 0
        self.stopped = ""

    def outcome(self) -> tuple[Violation | None, str]:
        """Return what the least requests have shown, and a sentence about those before the last; None where none was less."""
        try:
            if self.play(self.best) is None:
                return None, NOT_IN_A_ROW
            self.leave_out_steps()
        except Spent as spent:
            self.stopped = str(spent)
        for place in range(len(self.best) - 1):
            self.make_smaller(place)
        return self.violation, self.sentence()

    def leave_out_steps(self) -> None:
        """Leave out each request that the failure does not need, and that makes nothing for those behind it."""
        for step in self.best[:-1]:
            others = [each for each in self.best if each is not step]
            if not any(depends_on(each.first, step.first) for each in others):
                self.take(others)

    def make_smaller(self, place: int) -> None:
        """Leave out what is not needed of one request."""
        step = self.best[place]
        mistakes = mistakes_of(step.parts, step.operation)
        credentials = self.kept_in(step.parts)

        def shows(parts: Parts) -> bool:
            is_forbidden = bool(mistakes_of(parts, step.operation) - mistakes)
            # Who has sent it says whose the thing is, also where the operation asks nobody.
            if is_forbidden or self.kept_in(parts) != credentials:
                return False
            return self.take([*self.best[:place], replace(step, parts=parts), *self.best[place + 1 :]])

        def is_text(pair: Pair) -> bool:
            parameter = step.operation.parameter(pair.plain_name, pair.place)
            return parameter is not None and parameter.schema.type == "string"

        search = Search(step.parts, shows, self.is_kept, is_text)
        search.run()
        self.stopped = self.stopped or search.stopped

    def kept_in(self, parts: Parts) -> set[Pair]:
        """Return the pairs of a request that have a secret."""
        return {value for _, value in parts.values() if isinstance(value, Pair) and self.is_kept(value)}

    def take(self, steps: list[Step]) -> bool:
        """Take other requests in place of the best ones, where they lead to the failure too; tell whether."""
        violation = self.play(steps)
        if violation is None:
            return False
        self.best, self.violation = steps, violation
        return True

    def play(self, steps: Sequence[Step]) -> Violation | None:
        """Send requests in their order, each with what the answers before it hand on; return what the last one shows."""
        self.sent += 1
        handed: HandedOn = {}
        before: list[Exchange] = []
        for step in steps:
            answer = self.send(adapted(step.parts, handed).wire(), step.operation)
            if answer is None:
                return None
            exchange, raw = answer
            if step is steps[-1]:
                return self.judge(exchange, raw, before)
            if exchange.status != step.first.status:
                return None
            handed |= handed_on(step.first, exchange)
            before.append(exchange)
        return None

    def sentence(self) -> str:
        """Return a sentence about what was left out before the last request."""
        gone = self.whole - count_before(self.best)
        if not gone and self.stopped:
            return f"whether less could be sent before it was not tried out: {self.stopped}"
        sentence = "nothing could be left out of what was sent before it"
        if gone:
            verb = "was" if gone == 1 else "were"
            sentence = f"{gone} of {self.whole} parts of the requests before it {verb} left out"
        return f"{sentence}; not all of the rest was tried: {self.stopped}" if self.stopped else sentence


def begins_anew(exchanges: Sequence[Exchange]) -> bool:
    """
    Tell whether requests are about things that they make themselves.

    If they were about other things, what was sent at first would still be there, and nobody could tell what is needed.
    """
    made_here = [
        any(depends_on(other, exchange) or depends_on(exchange, other) for other in exchanges) for exchange in exchanges
    ]
    return all(made_here) and any(depends_on(exchanges[-1], maker) for maker in exchanges[:-1])


def count_before(steps: Sequence[Step]) -> int:
    """Return of how many parts the requests before the last one are made; each request is one itself."""
    return sum(1 + step.parts.count() for step in steps[:-1])
