"""What a run has to know of each kind of law: its place in the order, and which requests it needs."""

import inspect

from ..laws.law import CoverageLaw, DelegatedLaw, DocumentLaw, Experiment, Invariant, Law, Needs

# The order in which laws are tried: those that look at all that was sent and received come last.
ORDER = (DocumentLaw, Experiment, Invariant, DelegatedLaw, CoverageLaw)
# The kinds that judge generated requests.
FROM_FUZZING = (Invariant, DelegatedLaw, CoverageLaw)


def order(law: Law) -> int:
    """Return the place of a law's kind in the order in which laws are tried."""
    return ORDER.index(type(law))


def floods(law: Law) -> bool:
    """Whether a law sends requests until a limit is reached."""
    return needs_documented_limits(law) or "quotas" in inspect.signature(law.function).parameters


def needs_documented_limits(law: Law) -> bool:
    """Whether a law is tried where the rate limits are those of the document."""
    return isinstance(law, Experiment) and Needs.DOCUMENTED_LIMITS in law.needs
