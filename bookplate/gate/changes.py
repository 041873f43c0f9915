"""What changed between two documents, and how much of it breaks clients."""

from collections.abc import Callable, Iterable

from ..contract.document import Document
from .access import compare_access
from .by_specshift import compare_by_specshift
from .finding import BREAKING, COMPATIBLE, Finding
from .limits import compare_limits
from .operations import compare_operations
from .schemas import compare_schemas

Comparison = Callable[[Document, Document], Iterable[Finding]]
COMPARISONS: tuple[Comparison, ...] = (
    compare_by_specshift,
    compare_schemas,
    compare_access,
    compare_limits,
    compare_operations,
)
NONE = "none"


def compare(old: Document, new: Document) -> list[Finding]:
    """Return each change; its level says whether it breaks clients. Raises SetUpError where specshift is missing."""
    return [finding for comparison in COMPARISONS for finding in comparison(old, new)]


def verdict_of(changes: Iterable[Finding]) -> str:
    """Return breaking, compatible or none: the worst of these changes."""
    levels = {change.level for change in changes}
    if BREAKING in levels:
        return BREAKING
    return COMPATIBLE if levels else NONE
