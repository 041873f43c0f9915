"""What each tool saw of a fault that it does not see of the reference without one, and which was first."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .seen import BOOKPLATE, SCHEMATHESIS, Found, Seen

Pair = tuple[str, str]


@dataclass(frozen=True)
class Side:
    """What one tool saw of a fault; nothing where `found` is empty."""

    found: tuple[Found, ...]
    trouble: tuple[str, ...] = ()

    @property
    def seconds(self) -> float | None:
        """When it first saw something of the fault."""
        return min((each.seconds for each in self.found), default=None)


@dataclass(frozen=True)
class Both:
    """What both tools saw of a fault."""

    fault: str
    ours: Side
    theirs: Side

    @property
    def first(self) -> str:
        """The tool that saw it alone, or earlier; empty where neither did, or both at once."""
        ours, theirs = self.ours.seconds, self.theirs.seconds
        if ours == theirs:
            return ""
        return BOOKPLATE if theirs is None or (ours is not None and ours < theirs) else SCHEMATHESIS


@dataclass(frozen=True)
class Comparison:
    """The runs of both tools, with faults and without."""

    runs: list[Seen]

    def honest(self, tool: str) -> set[Pair]:
        """Return what a tool finds of the reference without a fault, with any seed."""
        return {
            (each.what, each.where) for run in self.runs if run.tool == tool and not run.fault for each in run.found
        }

    @cached_property
    def rows(self) -> list[Both]:
        """The faults that both tools have looked at."""
        sides = {tool: self.sides(tool) for tool in (BOOKPLATE, SCHEMATHESIS)}
        names = [name for name in sides[BOOKPLATE] if name in sides[SCHEMATHESIS]]
        return [Both(name, sides[BOOKPLATE][name], sides[SCHEMATHESIS][name]) for name in sorted(names)]

    def sides(self, tool: str) -> dict[str, Side]:
        honest = self.honest(tool)
        usual = {line for run in self.runs if run.tool == tool and not run.fault for line in run.trouble}
        return {
            run.fault: Side(
                tuple(each for each in run.found if (each.what, each.where) not in honest),
                tuple(line for line in run.trouble if line not in usual),
            )
            for run in self.runs
            if run.tool == tool and run.fault
        }

    def seen(self, tool: str) -> list[Both]:
        return [row for row in self.rows if (row.ours if tool == BOOKPLATE else row.theirs).found]

    def median(self, tool: str) -> float | None:
        """Return after how many seconds a tool saw half of what it saw."""
        sides = [row.ours if tool == BOOKPLATE else row.theirs for row in self.rows]
        times = [side.seconds for side in sides if side.seconds is not None]
        return statistics.median(times) if times else None

    def lines(self) -> Iterator[str]:
        """Yield what all of it says together."""
        for tool in (BOOKPLATE, SCHEMATHESIS):
            median = self.median(tool)
            when = f", half of them within {median:.0f} s" if median is not None else ""
            yield f"{tool}: {len(self.seen(tool))} of {len(self.rows)}{when}"
        wins = [row.fault for row in self.rows if row.first == SCHEMATHESIS]
        yield f"schemathesis alone or first: {', '.join(wins) or 'none'}"
