"""What a run must have shown before a service is called conformant."""

from collections.abc import Collection, Iterable, Sequence

from .law import Law
from .verdict import Finding, Verdict

MOST_NAMED = 5


def missing_evidence(
    core: Iterable[Law], findings: Iterable[Finding], operations: Sequence[str], succeeded: Collection[str]
) -> list[str]:
    """
    Return what keeps a service from being called conformant, as sentences; none where nothing does.

    Each of the `core` laws, which are those that apply somewhere, has to have passed at an operation. `succeeded` are the
    ids of the operations that were seen to answer 2xx: half of all `operations` have to be among them.
    """
    passed = {finding.rule_id for finding in findings if finding.verdict is Verdict.PASSED}
    missing = [f"{law.id} passed at no operation: {law.text}" for law in core if law.id not in passed]
    silent = [name for name in operations if name not in succeeded]
    if not operations:
        missing.append("the document has no operations: there is nothing that a service could keep")
    elif 2 * len(silent) > len(operations):
        named = ", ".join(silent[:MOST_NAMED]) + (", ..." if len(silent) > MOST_NAMED else "")
        count = len(operations) - len(silent)
        missing.append(f"only {count} of {len(operations)} operations were seen to answer 2xx; never did {named}")
    return missing
