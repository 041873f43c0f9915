"""What an exchange, or a row of them, can come to: a law is broken, or cannot be put to the test."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # an exchange says by these what cannot be read of it
    from .exchange import Exchange


class Violation(Exception):
    """
    The target broke a law; `exchanges` show it, in the order they were sent.

    `defect` says in plain words what is wrong with the service, where other laws and operations may show the very same:
    a header field that is missing, a limit that refuses nobody. `guesses` has the evidence of each fact that it rests on
    and that nobody has declared, where an invariant was broken.
    """

    guesses: tuple[str, ...] = ()

    def __init__(
        self, observed: str, *, expected: str = "", exchanges: "Sequence[Exchange]" = (), defect: str = ""
    ) -> None:
        self.observed = printable(observed)
        self.expected = printable(expected)
        self.defect = printable(defect)
        self.exchanges = tuple(exchanges)
        super().__init__(self.observed)


class NotChecked(Exception):
    """A law could not be put to the test; the message is the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(printable(reason))


class Unreadable(NotChecked):
    """An answer has content that cannot be read, so what a law wants to know of it is not known."""


class NoAnswer(Exception):
    """
    A request got no answer; the message says why.

    `was_sent` is false where there was nobody to send it to. `is_late` is true where one may still have come.
    """

    def __init__(self, message: str, *, was_sent: bool = True, is_late: bool = False) -> None:
        super().__init__(message)
        self.was_sent = was_sent
        self.is_late = is_late


def missing_header(name: str) -> str:
    """Return the words for a defect that any answer may show: it lacks a header field."""
    return f"the header field {name} is missing"


def missing_check(of_what: str, path: str) -> str:
    """Return the words for a defect that several operations of a path may show: a caller is let in without a check."""
    return f"no check of {of_what} at {path}: a caller who should be refused is answered with success"


GETS_NO_ANSWER = "gets no answer"


def no_answer(request: str) -> str:
    """Return the words for a defect that any law may meet: a request, such as `GET /books`, that nothing answers."""
    return f"{request} {GETS_NO_ANSWER}"


def printable(text: str) -> str:
    """Return a text that any report can hold: lone surrogates, which UTF-8 does not have, are written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def succeeded(answer: "Exchange", otherwise: str) -> "Exchange":
    """Return an answer without which nothing can be checked; NotChecked where it is no success."""
    if not 200 <= answer.status < 300:
        raise NotChecked(f"{otherwise}: {answer.describe()}")
    return answer
