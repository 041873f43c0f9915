"""What a file holds: plain data, the place of each node, and the mistakes that could be read past."""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from .lines import DocumentError, Mistake

# More nodes than this are no document: anchors can make a small file as large as one likes.
MOST_NODES = 1_000_000
MOST_DIGITS = 4_000  # Python reads no longer integers from text
SURROGATES = ("\ud800", "\udfff")


@dataclass
class Content:
    """
    The content of a file.

    `value` is plain data whose keys are text, `places` has `file:line` for each JSON pointer in it, `mistakes` are those
    that did not keep it from being read, and `notices` tell what was read in another way than it is written.
    """

    location: str
    value: Any = None
    places: dict[str, str] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    notices: list[Mistake] = field(default_factory=list)

    def mark(self, pointer: str, line: int) -> None:
        """Note the line of a node; a document beyond all measure raises DocumentError."""
        self.places[pointer] = f"{self.location}:{line}"
        if len(self.places) > MOST_NODES:
            raise DocumentError(
                f"{self.location}:{line}: has more than {MOST_NODES:,} nodes: split it, or undo anchors"
            )

    def mistaken(self, line: int, text: str) -> None:
        """Note a mistake that can be read past."""
        self.mistakes.append(Mistake(f"{self.location}:{line}", text))

    def text_at(self, line: int, text: str) -> str:
        """Return a text; half a pair of surrogates, which no encoding can carry, is told and replaced."""
        if text.isascii() or not any(SURROGATES[0] <= character <= SURROGATES[1] for character in text):
            return text
        joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if "\ufffd" in joined and "\ufffd" not in text:
            self.mistaken(line, "a text has half of a surrogate pair, which is no character: write the whole pair")
        return joined


def number(text: str) -> int | float:
    """
    Return a decimal number exactly where that is possible: an integer of any size, else the nearest float.

    What has a fraction or an exponent and is too large for a float becomes an integer. Raises ValueError beyond 4,000
    digits.
    """
    plain = text.lstrip("+-")
    if len(plain) > MOST_DIGITS:
        raise ValueError("a number has too many digits")
    if plain.isdecimal():
        return int(text)
    nearest = float(text)
    if nearest in (float("inf"), float("-inf")):
        return _large(text)
    return nearest


def _large(text: str) -> int:
    try:
        exact = Decimal(text)
    except InvalidOperation as problem:
        raise ValueError("a number is too large") from problem
    if exact.adjusted() > MOST_DIGITS:
        raise ValueError("a number is too large")
    return int(exact)
