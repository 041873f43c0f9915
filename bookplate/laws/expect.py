"""
What a law expects: one function for each kind of expectation.

Each raises Violation with a sentence of what was observed, what was expected, and the exchanges that show it. `because`
says in a few words why a client relies on it; `after` are the exchanges that went before and that a script has to send.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from ..wire.exchange import Exchange
from ..wire.outcomes import Violation

Exchanges = Sequence[Exchange]


def that(holds: bool, observed: str, *, expected: str = "", shown: Exchanges = ()) -> None:
    """
    Expect something to hold that no other function says.

    `observed` is the sentence for the case that it does NOT hold: what the report then says was seen.
    """
    if not holds:
        raise Violation(observed, expected=expected, exchanges=shown)


def status(
    expected: int | Collection[int], answer: Exchange, *, because: str = "", after: Exchanges = (), what: str = ""
) -> None:
    """Expect an answer to have a status, or one of several; `what` names the request where its line says too little."""
    allowed = [expected] if isinstance(expected, int) else sorted(expected)
    if answer.status not in allowed:
        raise _wrong_status(answer, " or ".join(map(str, allowed)), because, after, what)


def no_status(
    refused: int | Collection[int], answers: Iterable[Exchange], *, because: str = "", what: str = ""
) -> None:
    """Expect none of these answers to have a status, or one of several; the answers up to the wrong one show it."""
    wrong = [refused] if isinstance(refused, int) else sorted(refused)
    before: list[Exchange] = []
    for answer in answers:
        if answer.status in wrong:
            raise _wrong_status(answer, f"no {' and no '.join(map(str, wrong))}", because, before, what)
        before.append(answer)


def success(answer: Exchange, *, because: str = "", after: Exchanges = (), what: str = "") -> None:
    """Expect a 2xx."""
    if not 200 <= answer.status < 300:
        raise _wrong_status(answer, "2xx", because, after, what)


def refusal(answer: Exchange, *, because: str = "", after: Exchanges = (), what: str = "") -> None:
    """Expect a 4xx."""
    if not 400 <= answer.status < 500:
        raise _wrong_status(answer, "4xx", because, after, what)


def no_server_error(answer: Exchange, *, because: str = "", after: Exchanges = (), what: str = "") -> None:
    """Expect anything but a 5xx."""
    if answer.status >= 500:
        raise _wrong_status(answer, "no server error", because, after, what)


def equal(observed: Any, expected: Any, *, what: str, shown: Exchanges = ()) -> None:
    """Expect two values to be equal; `what` names them."""
    if observed != expected:
        raise Violation(f"{what}: {observed}", expected=str(expected), exchanges=shown)


def header(name: str, answer: Exchange, expected: str, *, after: Exchanges = ()) -> None:
    """Expect a header field of an answer to have a value."""
    found = answer.header(name)
    if found != expected:
        raise Violation(f"{name}: {found}", expected=f"{name}: {expected}", exchanges=[*after, answer])


def _wrong_status(answer: Exchange, expected: str, because: str, after: Exchanges, what: str) -> Violation:
    observed = f"{what}: {answer.describe()}" if what else answer.describe()
    return Violation(
        observed, expected=f"{expected}, as {because}" if because else expected, exchanges=[*after, answer]
    )
