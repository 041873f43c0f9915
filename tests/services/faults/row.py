"""One row of the table of faults, and what plays it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """What was tried, what was seen, and whether that is what is wanted."""

    name: str
    seen: str
    wanted: str
    holds: bool


# Gets an empty folder of its own.
Scenario = Callable[[Path], Iterator[Row]]
