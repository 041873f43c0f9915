"""One row of the table of faults, and what plays it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """
    What one fault did to the service, beside what is wanted.

    The name begins with the fault's id in the table of faults, such as F04, where it has one. A row whose name begins with
    `control: ` shows that the measure can be other than it should: the same with a protection off.
    """

    name: str
    # The figure, in words.
    seen: str
    wanted: str
    holds: bool


# Gets an empty private folder; yields each row as soon as it is known.
Scenario = Callable[[Path], Iterator[Row]]
