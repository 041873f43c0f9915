"""The gate: what changed since the last release, how much that breaks, and whether the version says so."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bookplate.contract.document import Document

from .access import compare_access
from .by_specshift import compare_by_specshift
from .finding import Finding
from .limits import compare_limits
from .promises import compare_promises
from .shapes import compare_shapes
from .versions import compare_versions, verdict_of

Comparison = Callable[[Document, Document], Iterable[Finding]]
COMPARISONS: tuple[Comparison, ...] = (
    compare_by_specshift,
    compare_shapes,
    compare_access,
    compare_limits,
    compare_promises,
)


@dataclass(frozen=True)
class Outcome:
    """What one comparison came to; `verdict` is breaking, compatible or none."""

    verdict: str
    changes: list[Finding]
    faults: list[Finding]


def compare(old: Document, new: Document) -> Outcome:
    """Compare a document with the one that was released."""
    changes = [finding for comparison in COMPARISONS for finding in comparison(old, new)]
    verdict = verdict_of(changes)
    return Outcome(verdict, changes, list(compare_versions(old, new, verdict)))
