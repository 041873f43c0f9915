"""
What a law expects: one function for each kind of expectation.

Each raises Violation with a sentence of what was observed, what was expected, and the exchanges that show it. `because`
says in a few words why a client relies on it; `after` are the exchanges that went before and that a script has to send.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, TypeVar

from ..wire.exchange import Exchange
from ..wire.outcomes import NotChecked, Violation, missing_header
from .notes import judged, partly
from .verdict import ALSO
from .words import said

FIRST_ERROR = 400
Exchanges = Sequence[Exchange]
Subject = TypeVar("Subject")


class Trial:
    """What is expected of one of several subjects: it keeps a Violation or NotChecked, and lets the next one be tried."""

    def __init__(self) -> None:
        self.problem: Violation | NotChecked | None = None

    def __enter__(self) -> None:
        """Begin to try the subject."""

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if not isinstance(problem, Violation | NotChecked):
            return False
        self.problem = problem
        return True


def each(subjects: Iterable[Subject]) -> Iterator[tuple[Subject, Trial]]:
    """
    Yield each subject with a trial, so that a law tries the others too after one has failed.

        for policy, trial in expect.each(policies):
            with trial:
                expect.status(429, send(policy))

    The loop has to run to its end: a `break` or a `return` would lose what was found. Then it raises one Violation, the
    worst, with a list of all others. A server error (5xx) is worse than anything else; else the first one is. Where
    nothing was violated, a subject that could not be tried is noted with `partly`; NotChecked is raised if none could be.
    """
    trials: list[Trial] = []
    finding = Trial()
    with finding:
        for subject in subjects:
            trials.append(Trial())
            yield subject, trials[-1]
    if finding.problem is not None:
        # Subjects may be made one by one, and the next one could not be made.
        trials.append(finding)
    _judge([trial.problem for trial in trials])


def _judge(problems: Sequence[Violation | NotChecked | None]) -> None:
    """Raise the worst of what was found of several subjects, None for one that is as it should be."""
    violations = [problem for problem in problems if isinstance(problem, Violation)]
    if violations:
        raise _worst(violations)
    reasons = list(dict.fromkeys(str(problem) for problem in problems if problem is not None))
    if problems and None not in problems:
        raise NotChecked("; ".join(reasons))
    for reason in reasons:
        partly(reason)


def _worst(violations: Sequence[Violation]) -> Violation:
    """Return the worst violation, which lists all others behind what it has observed."""
    worst = next(filter(_shows_server_error, violations), violations[0])
    observed = ALSO.join(dict.fromkeys([worst.observed, *(violation.observed for violation in violations)]))
    if observed == worst.observed:
        return worst
    return Violation(observed, expected=worst.expected, exchanges=worst.exchanges, defect=worst.defect)


def _shows_server_error(violation: Violation) -> bool:
    return any(exchange.status >= 500 for exchange in violation.exchanges)


def that(holds: bool, observed: str, *, expected: str = "", shown: Exchanges = (), defect: str = "") -> None:
    """
    Expect something to hold that no other function says.

    `observed` is the sentence for the case that it does NOT hold: what the report then says was seen. `defect` says what
    is wrong with the service then, where other laws or operations may show the very same.
    """
    judged()
    if not holds:
        raise Violation(observed, expected=expected, exchanges=shown, defect=defect)


def status(
    expected: int | Collection[int],
    answer: Exchange,
    *,
    because: str = "",
    after: Exchanges = (),
    what: str = "",
    if_success: str = "",
) -> None:
    """
    Expect an answer to have a status, or one of several; `what` names the request where its line says too little.

    `if_success` says what is wrong with the service where a refusal is expected and the answer is a success.
    """
    judged()
    allowed = [expected] if isinstance(expected, int) else sorted(set(expected))
    if answer.status not in allowed:
        violation = _wrong_status(answer, " or ".join(map(str, allowed)), because, after, what)
        violation.defect = if_success if answer.status < FIRST_ERROR else ""
        raise violation


def no_status(
    refused: int | Collection[int], answers: Iterable[Exchange], *, because: str = "", what: str = ""
) -> None:
    """Expect none of these answers to have a status, or one of several; the answers up to the wrong one show it."""
    wrong = [refused] if isinstance(refused, int) else sorted(refused)
    before: list[Exchange] = []
    for answer in answers:
        judged()
        if answer.status in wrong:
            raise _wrong_status(answer, f"no {' and no '.join(map(str, wrong))}", because, before, what)
        before.append(answer)


def success(answer: Exchange, *, because: str = "", after: Exchanges = (), what: str = "") -> None:
    """Expect a 2xx."""
    judged()
    if not 200 <= answer.status < 300:
        raise _wrong_status(answer, "2xx", because, after, what)


def refusal(answer: Exchange, *, because: str = "", after: Exchanges = (), what: str = "") -> None:
    """Expect a 4xx."""
    judged()
    if not 400 <= answer.status < 500:
        raise _wrong_status(answer, "4xx", because, after, what)


def no_server_error(answer: Exchange, *, because: str = "", after: Exchanges = (), what: str = "") -> None:
    """Expect anything but a 5xx."""
    judged()
    if answer.status >= 500:
        raise _wrong_status(answer, "no server error", because, after, what)


def equal(observed: Any, expected: Any, *, what: str, shown: Exchanges = ()) -> None:
    """Expect two values to be equal; `what` names them."""
    judged()
    if observed != expected:
        # A list of what should not be there says by itself that it should be empty.
        due = "" if expected in ([], set(), {}) else f", not {said(expected)}"
        raise Violation(f"{what}: {said(observed)}{due}", expected=said(expected), exchanges=shown)


def readable(answer: Exchange, *, after: Exchanges = ()) -> None:
    """Expect content to be what its header fields say: its coding, its length, and JSON where they say that it is JSON."""
    if answer.unreadable:
        raise Violation(answer.describe(), expected="content that can be read", exchanges=[*after, answer])


def header(name: str, answer: Exchange, expected: str, *, after: Exchanges = ()) -> None:
    """Expect a header field of an answer to have a value."""
    judged()
    found = answer.header(name)
    if found != expected:
        defect = missing_header(name) if found is None else ""
        observed = f"{answer.summary()} without {name}" if found is None else f"{answer.summary()} with {name}: {found}"
        raise Violation(observed, expected=f"{name}: {expected}", exchanges=[*after, answer], defect=defect)


def _wrong_status(answer: Exchange, expected: str, because: str, after: Exchanges, what: str) -> Violation:
    observed = f"{what}: {answer.describe()}" if what else answer.describe()
    return Violation(
        observed, expected=f"{expected}, as {because}" if because else expected, exchanges=[*after, answer]
    )
