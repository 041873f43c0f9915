"""The smallest request for each failure that generated requests have shown: what is left of one is sent once more."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from ..contract.destructive import sweeps
from ..contract.operation import Operation
from ..contract.predicates import is_for_roles
from ..contract.security import Carried
from ..laws.verdict import Finding, Verdict
from ..smallest.mistakes import mistakes_of
from ..smallest.parts import Pair, Parts, Wire
from ..smallest.search import Search, Spent
from ..wire.connection import SAFE_METHODS, Admission
from ..wire.exchange import Exchange
from ..wire.outcomes import NotChecked, Violation
from ..wire.server_log import LogOf, nothing_printed
from .judging import Shown
from .session import Again, exchange_with
from .smallest_journeys import Journey, Step, begins_anew

# What one failure, and all of a run together, may cost.
MOST_REQUESTS, MOST_SECONDS = 120, 5.0
MOST_REQUESTS_IN_ALL, MOST_SECONDS_IN_ALL = 1200, 30.0
SHARE = 0.1  # of what a run may still send, where the user has set a limit
REFUSED = 429
SIGNING_IN = ("log-in", "log-out", "refresh", "account")
KEY = "Idempotency-Key"
NOT_AGAIN = "the failure did not come again when its request was sent once more, so it is shown as it was found"
NO_ANSWER = "its request got no answer when it was sent once more, so the failure is shown as it was found"

Key = tuple[Any, ...]
Answer = tuple[Exchange, requests.Response]


class Failures(Protocol):
    """What has been found so far, by a key, and where it is noted how it is seen by less."""

    failures: dict[Key, Finding]
    again: dict[Key, Shown]

    def make_smaller(self, key: Key, violation: Violation | None, sentence: str) -> None: ...
    def see(self, exchange: Exchange) -> None: ...


@dataclass
class Costs:
    """What has been sent, and what may be: `end` is in seconds of the monotonic clock."""

    requests: int = 0
    seconds: float = 0.0


@dataclass
class SmallestCases:
    """
    Looks for the smallest request of each failure, where that is as safe as what has found it.

    `expected` are failures that the settings expect, such as `PAGE-01 list_books`: nobody looks at those. `asked` has the
    credentials that an operation asks for, and `newest` what stands today for a secret of another time.
    """

    found: Failures
    operations: Mapping[str, Operation]
    admission: Admission
    asked: Callable[[Operation], Sequence[Carried]]
    secrets: Callable[[], Mapping[str, str]]
    may_end_its_caller: Callable[[Operation], bool]
    left_out: Collection[str] = ()
    expected: Collection[str] = ()
    log_of: LogOf = nothing_printed
    progress: Callable[[str], None] = lambda what: None
    tried: dict[Key, Finding] = field(default_factory=dict)
    answers: dict[Wire, tuple[Parts, Answer | None]] = field(default_factory=dict)
    costs: Costs = field(default_factory=Costs)

    def find(self) -> None:
        """Look for the smallest request of each failure that is new."""
        new = [key for key, finding in self.found.failures.items() if self.is_asked_for(key, finding)]
        if not new:
            return
        self.answers.clear()  # a service goes on: what was answered before the last requests is of another time
        for key in new:
            finding = self.found.failures[key]
            self.progress(f"smallest request for {finding.rule_id} at {finding.operation_id}")
            self.look_at(key, self.found.again[key])
            self.tried[key] = self.found.failures[key]

    def is_asked_for(self, key: Key, finding: Finding) -> bool:
        """Tell whether a failure is a new one, which costs somebody something, and may be looked at."""
        shown = self.found.again.get(key)
        if shown is None or self.tried.get(key) is finding or finding.verdict is not Verdict.FAILED:
            return False
        operation = self.operations.get(finding.operation_id or "")
        is_expected = f"{finding.rule_id} {finding.operation_id}" in self.expected
        last = shown.exchanges[-1]
        if is_expected or operation is None or operation.id != last.operation_id or last.status == REFUSED:
            return False
        return self.is_safe(operation, last)

    def is_safe(self, operation: Operation, last: Exchange) -> bool:
        """Tell whether a request may be sent again as often as the generator has sent such ones."""
        if operation.id in self.left_out:
            return False
        if last.method in SAFE_METHODS:
            return True
        if last.method != operation.method:  # nobody knows what it does, only that it was let in
            return False
        ends = operation.role in SIGNING_IN or sweeps(operation) or self.may_end_its_caller(operation)
        key = operation.parameter(KEY, "header")
        # A holder of a role could change other people by it; what was sent with a key is answered from memory.
        return not (ends or is_for_roles(operation) or (key is not None and key.required))

    def look_at(self, key: Key, shown: Shown) -> None:
        """Look for the smallest request of one failure, and note what came of it."""
        requests_left, seconds_left = self.allowance()
        if requests_left < 1 or seconds_left <= 0:
            return
        with Again(self.admission, seconds_left, self.log_of) as again:
            attempt = Attempt(self, shown, again, requests_left)
            try:
                violation, sentence = attempt.outcome()
                if attempt.has_come_again:
                    before, about_before = attempt.outcome_before(violation.exchanges if violation else shown.exchanges)
                    violation = before or violation
                    sentence = "; ".join(filter(None, [sentence, about_before]))
            finally:
                self.costs.requests += attempt.sent
                self.costs.seconds += time.monotonic() - attempt.started
        if sentence:
            self.found.make_smaller(key, violation, sentence)

    def allowance(self) -> tuple[int, float]:
        """Return how many requests may be sent for one failure now, and how many seconds it may take."""
        left = self.admission.left()
        most = [MOST_REQUESTS, MOST_REQUESTS_IN_ALL - self.costs.requests]
        seconds = [MOST_SECONDS, MOST_SECONDS_IN_ALL - self.costs.seconds]
        if left.most_requests is not None:
            most.append(int(left.most_requests * SHARE))
        if left.time_budget is not None:
            seconds.append(left.time_budget * SHARE)
        return min(most), min(seconds)

    def renewed(self, text: str) -> str:
        """Return a text with the secret that counts today in place of one of the same name that was given out before."""
        names = self.secrets()
        newest = {name: secret for secret, name in names.items()}
        for secret, name in names.items():
            if secret in text and newest[name] != secret:
                return text.replace(secret, newest[name])
        return text


class Attempt:
    """One search: `sent` counts its requests. `has_come_again` is false where nobody knows that the failure comes again."""

    def __init__(self, cases: SmallestCases, shown: Shown, again: Again, most: int) -> None:
        self.cases = cases
        self.shown = shown
        self.again = again
        self.most = most
        self.sent = 0
        self.has_come_again = False
        self.tried: set[Wire] = set()
        self.started = time.monotonic()
        self.last = shown.exchanges[-1]
        self.operation = cases.operations[self.last.operation_id or ""]
        self.carried = cases.asked(self.operation)
        # What is written to, and what requests before were about, stays the same thing: another value in a path may name
        # what this run has not made, or what belongs to somebody else.
        is_about_itself = self.last.method in SAFE_METHODS and len(shown.exchanges) == 1
        template = self.operation.path if is_about_itself else ""
        self.start = self.signed_anew(Parts.of(self.last, template))
        self.mistakes = mistakes_of(self.start, self.operation, self.carried)

    def outcome(self) -> tuple[Violation | None, str]:
        """Return what the smallest request shows, and a sentence about it; None, and why, where there is none."""
        if not self.start.count() and not self.start.tree["path"]:
            self.has_come_again = len(self.shown.exchanges) > 1  # it is found out with those before it
            return None, ""
        start = self.known_smaller() or self.start
        try:
            if start is self.start and not self.shows(start):
                return None, NO_ANSWER if self.cases.answers[start.wire()][1] is None else NOT_AGAIN
            self.has_come_again = True
            return self.least(start)
        except Spent:
            return None, ""

    def least(self, start: Parts) -> tuple[Violation | None, str]:
        """Search from a request that shows the failure; return what the smallest one shows, and a sentence about it."""
        search = Search(start, self.shows, self.is_kept, self.is_text)
        search.run()
        if search.best == self.start:
            return None, self.sentence(search)
        violation = self.violation(self.answer_to(search.best.wire(), self.operation))
        if violation is None:
            self.has_come_again = False
            return None, NOT_AGAIN
        return violation, self.sentence(search)

    def outcome_before(self, exchanges: Sequence[Exchange]) -> tuple[Violation | None, str]:
        """Return what is shown with less in the requests before the last one, and a sentence; None where there is none."""
        steps = []
        for exchange in exchanges if begins_anew(exchanges) else ():
            operation = self.cases.operations.get(exchange.operation_id or "")
            if operation is None or not self.cases.is_safe(operation, exchange):
                return None, ""
            steps.append(Step(exchange, operation, self.signed_anew(Parts.of(exchange, operation.path))))
        if not steps:
            return None, ""
        return Journey(steps, self.answer_to, self.shown.judge, self.is_kept).outcome()

    def known_smaller(self) -> Parts | None:
        """Return the smallest request that was sent for another failure and shows this one too; None where none is smaller."""
        like_this = (self.start.method, self.start.fixed)
        known = [parts for parts, _ in self.cases.answers.values() if (parts.method, parts.fixed) == like_this]
        smaller = sorted((each for each in known if each.size < self.start.size), key=lambda parts: parts.size)
        return next((each for each in smaller if self.shows(each)), None)

    def shows(self, parts: Parts) -> bool:
        """Tell whether a request shows the failure and has no mistake that is new."""
        if mistakes_of(parts, self.operation, self.carried) - self.mistakes:
            return False
        wire = parts.wire()
        self.tried.add(wire)
        if wire not in self.cases.answers:
            self.cases.answers[wire] = parts, self.answer_to(wire, self.operation)
        return self.violation(self.cases.answers[wire][1]) is not None

    def is_kept(self, value: object) -> bool:
        """Tell whether a value is a secret, which no other value stands for."""
        return isinstance(value, Pair) and any(secret in value.text for secret in self.cases.secrets())

    def is_text(self, pair: Pair) -> bool:
        """Tell whether the document takes a text for a value."""
        parameter = self.operation.parameter(pair.plain_name, pair.place)
        return parameter is not None and parameter.schema.type == "string"

    def violation(self, answer: Answer | None) -> Violation | None:
        return None if answer is None else self.shown.judge(*answer, self.shown.exchanges[:-1])

    def answer_to(self, wire: Wire, operation: Operation) -> Answer | None:
        """Send a request of an operation and return the answer; None where none comes, and Spent where it may not be sent."""
        if self.sent >= self.most:
            raise Spent(f"{self.most} requests were sent for it")
        self.sent += 1
        try:
            raw = self.again.send(wire.method, wire.url, list(wire.headers), wire.body)
        except NotChecked as problem:
            raise Spent(str(problem)) from problem
        if raw is None:
            return None
        exchange = exchange_with(raw, operation.id)
        self.cases.found.see(exchange)
        if exchange.status == REFUSED:
            raise Spent("a limit of the service was reached")
        return exchange, raw

    def signed_anew(self, parts: Parts) -> Parts:
        """Return a request with the secrets that count today."""
        for place, value in parts.values():
            if isinstance(value, Pair) and (renewed := self.cases.renewed(value.text)) != value.text:
                parts = parts.with_value(place, value.with_text(renewed))
        return parts

    def sentence(self, search: Search) -> str:
        """Return a sentence about what was left out, and whether all that is left is needed."""
        whole = self.start.count()
        gone = whole - search.best.count()
        if gone:
            left_out = f"{gone} of {many(whole, 'part')} of the request {'was' if gone == 1 else 'were'} left out"
        elif whole:
            left_out = "nothing of the request could be left out"
        else:
            left_out = f"values in its path were{' not' if search.best == self.start else ''} made plainer"
        if search.is_finished:
            needed = "without any of the rest the failure is gone, or the document forbids the request"
            return f"{left_out}; {needed} ({many(len(self.tried), 'request')} tried)"
        return f"{left_out}; not all of the rest was tried: {search.stopped}"


def many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
