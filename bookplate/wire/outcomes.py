"""What an exchange, or a row of them, can come to: a law is broken, or cannot be put to the test."""

from collections.abc import Sequence

from .exchange import Exchange


class Violation(Exception):
    """The target broke a law; `exchanges` show it, in the order they were sent."""

    def __init__(self, observed: str, *, expected: str = "", exchanges: Sequence[Exchange] = ()) -> None:
        super().__init__(observed)
        self.observed = observed
        self.expected = expected
        self.exchanges = tuple(exchanges)


class NotChecked(Exception):
    """A law could not be put to the test; the message is the reason."""


class NoAnswer(Exception):
    """A request got no answer; the message says why. `was_sent` is false where there was nobody to send it to."""

    def __init__(self, message: str, *, was_sent: bool = True) -> None:
        super().__init__(message)
        self.was_sent = was_sent


def succeeded(answer: Exchange, otherwise: str) -> Exchange:
    """Return an answer without which nothing can be checked; NotChecked where it is no success."""
    if not 200 <= answer.status < 300:
        raise NotChecked(f"{otherwise}: {answer.describe()}")
    return answer
