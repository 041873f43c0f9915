"""What one fault showed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    seen: str  # the figure, in words
    wanted: str
    holds: bool


# Gets an empty private folder.
Scenario = Callable[[Path], Iterator[Row]]
